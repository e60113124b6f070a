class Function(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.Function,
    step: Tensor,
    weight: Tensor,
    gradient: Tensor,
    mean: Tensor,
    variance: Tensor,
    settings: Tensor) -> List[Tensor]:
    rate = float(torch.select(settings, 0, 0))
    decay = float(torch.select(settings, 0, 1))
    epsilon = float(torch.select(settings, 0, 2))
    weights = [weight]
    torch._fused_adamw_(weights, [gradient], [mean], [variance], annotate(List[Tensor], []), [step], lr=rate, beta1=0.90000000000000002, beta2=0.999, weight_decay=decay, eps=epsilon, amsgrad=False, maximize=False)
    # What is not returned is dead code to TorchScript. DJL's optimizers set gradients to 0, too.
    return [weights[0], torch.zero_(gradient)]
