class Function(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.Function,
    a: Tensor,
    b: Tensor) -> Tensor:
    return torch.matmul(torch.to(a, 15), torch.to(b, 15))
