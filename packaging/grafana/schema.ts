// The dashboard against Grafana's own types; packaging/grafana/try.sh puts it in place of DASHBOARD.
import type { Dashboard } from '@grafana/schema';

// JSON has the words of an enumeration and not its members.
type Plain<T> = T extends string
  ? `${T}`
  : T extends (infer U)[]
    ? Plain<U>[]
    : T extends object
      ? { [K in keyof T]: Plain<T[K]> }
      : T;

export const dashboard: Plain<Dashboard> = DASHBOARD;
