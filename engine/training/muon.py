# SPDX-License-Identifier: MIT
"""Muon (Jordan et al. 2024) for the towers' inner matrices, its work shared by the processes.

The step is the nearest orthogonal matrix to the averaged gradient, by a few
Newton-Schulz rounds. It needs fewer steps than AdamW here, and steps are what
two CPU cores are short of. Each process turns a part of the matrices.
"""

import torch
import torch.distributed as dist


def orthogonal(g, rounds=4):
    wide = g.shape[0] > g.shape[1]
    x = g.t() if wide else g
    x = x / (x.norm() + 1e-7)
    for _ in range(rounds):
        a = x @ x.t()
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    return x.t() if wide else x


class Muon:
    def __init__(self, params, rank, workers, momentum=.95, decay=.02):
        self.params, self.rank, self.workers = list(params), rank, workers
        self.momentum, self.decay = momentum, decay
        self.buffers = [torch.zeros_like(p) for p in self.params]
        # the big ones dealt out first, so that all get about as much
        order = sorted(range(len(self.params)), key=lambda i: -self.params[i].numel())
        self.mine = {i for k, i in enumerate(order) if k % workers == rank}
        self.flat = torch.zeros(sum(p.numel() for p in self.params))

    @torch.no_grad()
    def step(self, lr):
        self.flat.zero_()
        at = 0
        for i, (p, b) in enumerate(zip(self.params, self.buffers)):
            b.mul_(self.momentum).add_(p.grad, alpha=1 - self.momentum)
            if i in self.mine:
                o = orthogonal(p.grad * (1 - self.momentum) + b * self.momentum)
                self.flat[at:at + p.numel()] = o.reshape(-1) * max(1, p.shape[0] / p.shape[1]) ** .5
            at += p.numel()
        dist.all_reduce(self.flat)
        at = 0
        for p in self.params:
            p.mul_(1 - lr * self.decay).add_(self.flat[at:at + p.numel()].view_as(p), alpha=-lr)
            at += p.numel()
