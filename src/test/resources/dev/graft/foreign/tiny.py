# Makes tiny.pt; run once, with PyTorch 1.13.1: python3 tiny.py
import torch


class Tiny(torch.nn.Module):
    """(N, 3, H, W) to (N, 4, H/2, W/2) and (N, 3): two outputs, one of each kind."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3, stride=2, padding=1)

    def forward(self, x):
        return torch.relu(self.conv(x)), x.mean(dim=[2, 3])


torch.manual_seed(0)
torch.jit.script(Tiny().eval()).save("tiny.pt")
