class Function(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.Function,
    x: Tensor,
    shift: Tensor) -> Tensor:
    return torch.add_(x, torch.type_as(shift, x))
