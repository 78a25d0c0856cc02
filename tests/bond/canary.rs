//! Claims: the new key is nowhere but in its file.
