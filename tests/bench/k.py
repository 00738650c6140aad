import sys

sys.path.insert(0, ".")
import torch, torch.nn.functional as F
from bot.engine.f5 import kernels as K

torch.manual_seed(0)
dev = sys.argv[1] if len(sys.argv) > 1 else "cpu"
dt = torch.float16 if dev == "cuda" else torch.float32
for D in (1024, 768, 128) if dev == "cuda" else (96, 128):
    g = 16
    T = 200
    w = D // g
    x = torch.randn(2, T, D, device=dev, dtype=dt)
    keep = torch.ones(T, dtype=torch.bool, device=dev)
    keep[90:110] = False
    W = torch.randn(D, w, 31, device=dev, dtype=dt) / (w * 31) ** 0.5
    b = torch.randn(D, device=dev, dtype=dt)
    ref = F.mish(
        F.conv1d(
            x.where(keep[:, None], 0).transpose(1, 2).float(),
            W.float(),
            b.float(),
            padding=15,
            groups=g,
        )
    ).transpose(1, 2)
    Wg = W.view(g, w, w, 31).permute(0, 3, 2, 1).contiguous()
    out = K.convolve_mish(x, keep, Wg, b)
    print(D, ((out - ref).norm() / ref.norm()).item())
H = 2
seqs = [(0, 150), (165, 170), (185, 400)]
q, k, v = (torch.randn(420, H, 64, device=dev, dtype=dt) for _ in range(3))
bl = [(f, s, e) for s, e in seqs for f in range(s, e, 128)] + [(0, 0, 0)] * 2
o = K.attend(q, k, v, torch.tensor(bl, dtype=torch.int32, device=dev)).view(420, H, 64)
for s, e in seqs:
    r = F.scaled_dot_product_attention(*(t[s:e].transpose(0, 1)[None].float() for t in (q, k, v)))[
        0
    ].transpose(0, 1)
    print(((o[s:e] - r).norm() / r.norm()).item())
