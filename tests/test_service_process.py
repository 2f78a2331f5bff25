"""`qingyuan serve` as a process: what it says, what it logs, and how it stops."""

import asyncio
import json
import re
import shutil
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

TEXT = "西藏自治区禁毒办在拉萨市法院开会，中国的人来了。"
JSON = {"content-type": "application/json"}


@asynccontextmanager
async def process(folder, *options):
    """A server in a process of its own, and its address."""
    command = [sys.executable, "-m", "qingyuan.cli", "serve", "--port", "0", "--model", str(folder), *options]
    started = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        first = (await asyncio.wait_for(started.stdout.readline(), 120)).decode()
        assert first.startswith("qingyuan listens on http://127.0.0.1:"), (await started.stderr.read()).decode()
        yield started, first.split()[-1]
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_answers_what_it_has_accepted(exported, stop):
    async def run():
        async with process(exported, "--access-log") as (server, address):
            async with httpx.AsyncClient(base_url=address, timeout=120) as client:
                assert (await client.get("/health")).json()["loaded"]
                body = {"texts": [TEXT * 100] * 20}
                asked = [asyncio.create_task(client.post("/predict", json=body)) for _ in range(2)]
                while (await client.get("/metrics")).text.find("qingyuan_waiting_texts 40.0") < 0:
                    assert not any(task.done() for task in asked)
                server.send_signal(stop)
                answers = await asyncio.gather(*asked)
            assert await asyncio.wait_for(server.wait(), 60) == 0
            assert [len(answer.json()["articles"]) for answer in answers] == [20, 20]
            log = (await server.stderr.read()).decode()
            assert "POST /predict" in log and "禁毒" not in log
            with pytest.raises(httpx.ConnectError):
                httpx.get(address)

    asyncio.run(run())


def test_after_its_time_to_answer_it_stops(exported):
    async def run():
        async with process(exported, "--grace", "0") as (server, address):
            async with httpx.AsyncClient(base_url=address, timeout=120) as client:
                asking = asyncio.create_task(client.post("/predict", json={"texts": [TEXT * 100] * 20}))
                while (await client.get("/metrics")).text.find("qingyuan_waiting_texts 20.0") < 0:
                    assert not asking.done()
                server.terminate()
                answer = await asking
            return answer, await asyncio.wait_for(server.wait(), 120)

    answer, code = asyncio.run(run())
    assert (answer.status_code, code) == (503, 0)


def test_a_port_that_is_taken_is_told(exported):
    async def run():
        async with process(exported) as (_, address):
            port = address.rsplit(":")[-1]
            command = [sys.executable, "-m", "qingyuan.cli", "serve", "--port", port, "--model", str(exported)]
            return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=120)

    second = asyncio.run(run())
    assert second.returncode == 2
    assert second.stderr.startswith("error: 127.0.0.1, port ") and "--port" in second.stderr


@pytest.mark.skipif(not all(map(shutil.which, ("curl", "jq"))), reason="no curl or jq on PATH")
def test_the_documented_commands(exported, tmp_path):
    document = Path(__file__).parents[1] / "docs" / "integrations.md"
    commands = re.search(r"<!-- curl -->\n```bash\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)[1]

    (tmp_path / "page.txt").write_text(f"{TEXT}\n", encoding="utf-8")

    async def run():
        async with process(exported) as (_, address):
            script = commands.replace("localhost:8000", address).replace("curl ", "curl --fail --silent --show-error ")
            options = {"cwd": tmp_path, "capture_output": True, "timeout": 120}
            return await asyncio.to_thread(subprocess.run, ["bash", "-ec", script], **options)

    done = asyncio.run(run())
    one, many, page, health = map(json.loads, done.stdout.splitlines())
    assert one["text"] and len(many["articles"]) == 2 and page["text"] == f"{TEXT}\n" and health["status"] == "ok"


def test_without_the_extra_it_says_what_to_install():
    code = "import sys; sys.modules['uvicorn'] = None; from qingyuan.cli import app; app(['serve'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and "uvicorn: pip install 'qingyuan[serve]'" in done.stderr


def test_a_body_that_is_too_large_is_answered_in_a_real_connection(exported):
    async def run():
        async with process(exported, "--max-body", "1") as (_, address), httpx.AsyncClient(base_url=address) as client:
            for _ in range(2):
                assert (await client.post("/predict", content=b" " * (5 << 20), headers=JSON)).status_code == 413
            assert (await client.post("/predict", json={"text": TEXT})).status_code == 200

    asyncio.run(run())
