"""A training step as a CUDA graph: its thousands of launches become one."""

import logging
from collections.abc import Callable

import torch

_LOG = logging.getLogger(__name__)
_WARM_UP_CALLS = 4


class Replay:
    """Calls a step of fixed shapes; on a GPU it is recorded after a few calls, then replayed.

    The step must not touch the host: no `.item()`, no copies from host memory, gradients set to
    None at its start. Where recording fails the step goes on being called.
    """

    def __init__(self, step: Callable[[], None], *, is_wanted: bool) -> None:
        self._step = step
        self._is_wanted = is_wanted
        self._calls = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        # One of its own for all calls until then, as CUDA graphs ask.
        self._stream = torch.cuda.Stream() if is_wanted else None

    def __call__(self) -> None:
        """Do one step."""
        if self._graph is not None:
            self._graph.replay()
        elif not self._is_wanted:
            self._step()
        elif self._calls < _WARM_UP_CALLS:
            self._calls += 1
            self._aside()
        else:
            self._record()

    def _aside(self) -> None:
        assert self._stream is not None
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            self._step()
        torch.cuda.current_stream().wait_stream(self._stream)

    def _record(self) -> None:
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, stream=self._stream):
                self._step()
        except RuntimeError as error:
            _LOG.warning("The step is not recorded as a CUDA graph, so it is slower: %s.", error)
            self._is_wanted = False
            torch.cuda.synchronize()
            self._step()
            return
        self._graph = graph
        graph.replay()  # recording computes nothing
        _LOG.info("The step is recorded as a CUDA graph.")
