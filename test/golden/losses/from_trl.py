"""The losses of TRL, computed by TRL's own trainers: only the model is replaced, by one that gives the case's log-probs.

Made with trl 1.16.0. DPOTrainer and KTOTrainer run their whole `_compute_loss`; CPOTrainer and ORPOTrainer the function
of the loss.
"""

from collections import defaultdict
from types import SimpleNamespace

import torch
from trl import DPOTrainer, KTOTrainer
from trl.experimental.cpo import CPOTrainer
from trl.experimental.orpo import ORPOTrainer

same = lambda x: x
accelerator = SimpleNamespace(device="cpu", gather=same, gather_for_metrics=same)


class FixedModel(torch.nn.Module):
    """Gives log-probs instead of computing them."""

    is_gradient_checkpointing = False

    def __init__(self, log_probs):
        super().__init__()
        self.log_probs = log_probs

    def forward(self, **_):
        zeros = torch.zeros_like(self.log_probs).detach()
        return SimpleNamespace(
            log_probs=self.log_probs, entropy=zeros, mean_logits=zeros, is_top1=torch.zeros(zeros.shape, dtype=torch.bool)
        )


def padded(answers, name):
    longest = max(answer.n for answer in answers)
    return torch.stack([torch.nn.functional.pad(answer.tokens(name), (0, longest - answer.n)) for answer in answers])


def batch_of(answers):
    """One prompt token and then the answers' tokens, padded on the right."""
    longest = max(answer.n for answer in answers)
    mask = torch.zeros(len(answers), longest + 1, dtype=torch.long)
    attention = torch.zeros_like(mask)
    for i, answer in enumerate(answers):
        mask[i, 1 : answer.n + 1] = 1
        attention[i, : answer.n + 1] = 1
    return {"input_ids": torch.ones_like(mask), "attention_mask": attention, "completion_mask": mask}


def dpo(pairs, loss_type, beta, f_divergence="reverse_kl", label_smoothing=0.0, tau=0.05, ld_alpha=None):
    """(loss, rewards/chosen, rewards/rejected) of DPOTrainer."""
    answers = [pair.w for pair in pairs] + [pair.l for pair in pairs]
    model, reference = FixedModel(padded(answers, "policy")), FixedModel(padded(answers, "reference"))
    trainer = SimpleNamespace(
        accelerator=accelerator,
        args=SimpleNamespace(discopop_tau=tau, gradient_checkpointing_kwargs=None),
        aux_loss_enabled=False,
        beta=beta,
        f_divergence_type=f_divergence,
        f_alpha_divergence_coef=0.5,
        label_smoothing=label_smoothing,
        ld_alpha=ld_alpha,
        loss_types=[loss_type],
        loss_weights=[1.0],
        model=model,
        precompute_ref_logps=False,
        ref_model=reference,
        use_weighting=False,
        _metrics={"train": defaultdict(list)},
        _total_train_tokens=0,
        _tp_size=1,
    )
    loss = DPOTrainer._compute_loss(trainer, model, batch_of(answers), False)
    side = lambda name: trainer._metrics["train"][f"rewards/{name}"][0]
    return loss, side("chosen"), side("rejected")


def kto(answers, mismatched, beta, desirable_weight, undesirable_weight):
    model, reference = FixedModel(padded(answers, "policy")), FixedModel(padded(answers, "reference"))
    sums = lambda name: torch.stack([answer.tokens(name).sum() for answer in mismatched])
    if mismatched:
        model.kl_log_probs, reference.kl_log_probs = sums("policy").detach(), sums("reference")
    trainer = SimpleNamespace(
        accelerator=accelerator,
        args=SimpleNamespace(gradient_checkpointing_kwargs=None),
        aux_loss_enabled=False,
        beta=beta,
        calculate_KL=bool(mismatched),
        desirable_weight=desirable_weight,
        undesirable_weight=undesirable_weight,
        loss_type="kto",
        model=model,
        precompute_ref_logps=False,
        ref_model=reference,
        _compute_kl_logps=lambda m, _: getattr(m, "kl_log_probs", None),
        _metrics={"train": defaultdict(list)},
        _total_train_tokens=0,
        _tp_size=1,
    )
    labels = torch.tensor([answer.labels["desirable"] == 1 for answer in answers])
    return KTOTrainer._compute_loss(trainer, model, {**batch_of(answers), "label": labels}, False)


def simpo(pairs, beta, gamma, label_smoothing):
    trainer = SimpleNamespace(
        accelerator=accelerator, alpha=0.0, beta=beta, label_smoothing=label_smoothing, loss_type="simpo", simpo_gamma=gamma
    )
    means = lambda side: torch.stack([getattr(pair, side).a for pair in pairs])
    losses, chosen, rejected = CPOTrainer.cpo_loss(trainer, means("w"), means("l"))
    return losses.mean(), chosen.mean().item(), rejected.mean().item()


def orpo(pairs, beta):
    """The odds term alone, of which TRL subtracts `beta` times the log-sigmoid. In single precision, as TRL has it."""
    trainer = SimpleNamespace(accelerator=accelerator, beta=beta)
    means = lambda side: torch.stack([getattr(pair, side).a for pair in pairs])
    losses, chosen, rejected, *_ = ORPOTrainer.odds_ratio_loss(trainer, means("w"), means("l"))
    return -losses.mean(), chosen.mean().item(), rejected.mean().item()
