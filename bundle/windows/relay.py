#!/usr/bin/env python3
"""Passes connections on to a server on this computer and prints a line for each PLAY and TEARDOWN. Usage: relay.py PORT SERVER_PORT"""

import asyncio
import sys

PORT, SERVER = (int(argument) for argument in sys.argv[1:3])


async def pump(source, sink, words=()):
    try:
        while data := await source.read(65536):
            for word in words:
                if word in data:
                    print(word.decode(), flush=True)
            sink.write(data)
            await sink.drain()
    except ConnectionError:
        pass
    finally:
        sink.close()


async def relay(reader, writer):
    server_reader, server_writer = await asyncio.open_connection("127.0.0.1", SERVER)
    await asyncio.gather(pump(reader, server_writer, (b"PLAY ", b"TEARDOWN ")), pump(server_reader, writer))


async def main():
    server = await asyncio.start_server(relay, "127.0.0.1", PORT)
    await server.serve_forever()


asyncio.run(main())
