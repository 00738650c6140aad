import sys

sys.path.insert(0, ".")
import torch
from triton.testing import do_bench
from bot.engine.f5 import kernels as K

g = "cuda"


def b(f):
    return round(do_bench(f, warmup=20, rep=60, return_mode="median") * 1e3, 1)


for T in (1344, 2112, 27520):
    x, y, o, n = (torch.randn(T, 1024, device=g, dtype=torch.float16) for _ in range(4))
    gg, s, c = (torch.randn(1024, device=g) for _ in range(3))
    for w in (1, 2, 4, 8):
        print(
            "add_norm",
            T,
            w,
            b(
                lambda: K._add_norm[(T,)](
                    x, y, gg, s, c, o, n, 1024, HAS_GATE=True, PADDED=1024, num_warps=w
                )
            ),
        )
    q = torch.randn(T, 3, 16, 64, device=g, dtype=torch.float16)
    co, si = (torch.randn(T, 32, device=g) for _ in range(2))
    for w in (1, 2, 4):
        print(
            "rotate",
            T,
            w,
            b(lambda: K._rotate[(T, 2)](q, co, si, 16, HEADS=16, HALF=32, PADDED=16, num_warps=w)),
        )
for B, N in ((2, 656), (2, 1031), (32, 859)):
    qkv = torch.randn(B * N, 3, 16, 64, device=g, dtype=torch.float16)
    q, k, v = qkv.unbind(1)
    for rows in (64, 128):
        t = torch.tensor(
            [(i * N + f, i * N, i * N + N) for i in range(B) for f in range(0, N, rows)],
            dtype=torch.int32,
            device=g,
        )
        for keys in (64, 128):
            for w in (4, 8):
                for st in (2, 3):
                    if rows == 64 and w == 8:
                        continue
                    o = torch.empty(B * N, 1024, device=g, dtype=torch.float16)
                    print(
                        "attend",
                        B,
                        N,
                        rows,
                        keys,
                        w,
                        st,
                        b(
                            lambda: K._attend[(len(t), 16)](
                                q,
                                k,
                                v,
                                o,
                                t,
                                K._LOG2_E / 8,
                                3072,
                                3072,
                                3072,
                                1024,
                                WIDTH=64,
                                ROWS=rows,
                                KEYS=keys,
                                num_warps=w,
                                num_stages=st,
                            )
                        ),
                    )
