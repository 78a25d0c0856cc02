# A client of the Model Context Protocol, by the protocol's own Python library. Reads what to
# start and which calls to make, one after another; prints what came of each.
import asyncio, json, sys
from mcp import ClientSession, MCPError, StdioServerParameters, stdio_client


async def call(session, tool, arguments):
    try:
        result = await session.call_tool(tool, arguments)
    except MCPError as error:
        return {"refused": error.error.message}
    assert [block.type for block in result.content] == ["text"], result
    return {"document": result.content[0].text, "is_error": bool(result.is_error)}


async def main(asked):
    server = StdioServerParameters(
        command=asked["command"], args=asked["arguments"], env=asked["env"], cwd=asked["folder"]
    )
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        started = await session.initialize()
        tools = (await session.list_tools()).tools
        calls = [await call(session, *each) for each in asked["calls"]]
        return {
            "server": started.server_info.model_dump(mode="json", by_alias=True),
            "instructions": started.instructions,
            "tools": [tool.model_dump(mode="json", by_alias=True) for tool in tools],
            "calls": calls,
        }


json.dump(asyncio.run(main(json.load(sys.stdin))), sys.stdout)
