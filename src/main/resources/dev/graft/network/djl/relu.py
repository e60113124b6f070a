class Function(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.Function,
    x: Tensor) -> Tensor:
    return torch.relu_(x)
