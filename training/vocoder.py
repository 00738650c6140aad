r"""Train the vocoder.

    python -m training.vocoder CORPUS OUT --minutes 6

CORPUS may still be growing. OUT receives `checkpoint.pt`, from which the same command with
`--resume` goes on, and `vocoder/`, the folder that the engine loads. A second run on what the
acoustic model predicts starts where the first ended:

    python -m training.vocoder CORPUS OUT2 --minutes 3 --start-from OUT/checkpoint.pt \
        --predicted PREDICTED
"""

import argparse
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import torch

from training.vocoder_step import Cutting
from training.vocoder_trainer import Run, Trainer
from training.vocos import Size


def main(arguments: Sequence[str] | None = None) -> int:
    """Train as the command line says; return the exit code."""
    options = _parse(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    run = Run(
        corpus=options.corpus,
        out=options.out,
        predicted=options.predicted,
        minutes=options.minutes,
        max_steps=options.max_steps,
        rate=options.rate,
        alone_share=0.0 if options.start_from else options.alone_share,
        hours=options.hours,
        seed=options.seed,
        checkpoint_every_s=options.checkpoint_every,
        log_every_s=options.log_every,
        device=options.device,
        is_recorded=not options.no_graph,
    )
    cutting = Cutting(
        batch=options.batch,
        frames=options.frames,
        predicted_share=options.predicted_share,
        smoothed_share=options.smoothed_share,
    )
    size = Size(options.width, options.inner, options.depth)
    trainer = Trainer(run, size, cutting, options.period_channels)
    if options.resume and trainer.checkpoint.is_file():
        trainer.load(trainer.checkpoint, goes_on=True)
    elif options.start_from:
        trainer.load(options.start_from, goes_on=False)
    elif options.shipped:
        trainer.begin_with(options.shipped)

    def end(_signal: int, _frame: FrameType | None) -> None:
        trainer.end()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    trainer.train()
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.vocoder", description="Train the vocoder."
    )
    add = parser.add_argument
    add("corpus", type=Path, help="folder of shards; it may still be growing")
    add("out", type=Path, help="folder for the checkpoint and the vocoder")
    add("--minutes", type=float, default=Run.minutes, help="how long to train")
    add("--max-steps", type=int, help="train for so many steps at most")
    add("--resume", action="store_true", help="go on from OUT/checkpoint.pt, if there is one")
    add("--start-from", type=Path, metavar="FILE", help="begin with the networks of a checkpoint")
    add("--shipped", type=Path, metavar="FOLDER", help="begin with a vocoder that is shipped")
    add("--predicted", type=Path, metavar="FOLDER", help="shards with predicted mels")
    add("--predicted-share", type=float, default=Cutting.predicted_share, help="of the segments")
    add("--smoothed-share", type=float, default=Cutting.smoothed_share, help="of the true mels")
    add("--batch", type=int, default=Cutting.batch, help="segments a step")
    add("--frames", type=int, default=Cutting.frames, help="mel frames of a segment")
    add("--rate", type=float, default=Run.rate, help="learning rate at the start")
    add("--alone-share", type=float, default=Run.alone_share, help="of the time, without GAN")
    add("--hours", type=float, default=Run.hours, help="of speech that memory is set aside for")
    add("--seed", type=int, default=Run.seed)
    add("--checkpoint-every", type=float, default=Run.checkpoint_every_s, metavar="SECONDS")
    add("--log-every", type=float, default=Run.log_every_s, metavar="SECONDS")
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add("--no-graph", action="store_true", help="launch every kernel, on a GPU")
    add("--width", type=int, default=Size().width)
    add("--inner", type=int, default=Size().inner)
    add("--depth", type=int, default=Size().depth)
    add("--period-channels", type=int, nargs=5, default=(32, 64, 256, 512, 512))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
