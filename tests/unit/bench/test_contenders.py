import shutil
import sys
from pathlib import Path

import pytest
from contenders.contender import Left
from contenders.redis_dispatcher import RedisDispatcher
from contenders.redis_server import redis_server


async def test_without_a_redis_server_somebody_is_left_out_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(Left, match="redis-server"):
        async with redis_server(tmp_path / "redis"):
            pass


async def test_without_its_client_a_contender_is_left_out_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(Left, match="redis is not installed"):
        async with RedisDispatcher(tmp_path / "redis"):
            pass
