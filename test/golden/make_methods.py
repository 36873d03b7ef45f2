"""Makes methods.json: what each method's loss, the optimiser and the schedules must give.

    python test/golden/make_methods.py

Needs torch, trl and transformers; made with torch 1.13, trl 0.9.6 and transformers 4.46. All in float64; gradients by
autograd. DPO and Step-DPO go through the code of TRL's DPOTrainer itself (loss and metrics; for Step-DPO with the
log-probs outside the step masked out, which is what the paper's conditional probability is). SFT and TGDPO are written
here from their formulas: `-mean log p` over all scored tokens of the batch, and the loss of dvlab-research/TGDPO's
trainer (arXiv 2506.14574):

    r_t  = beta (log p_guide - log p_ref)
    loss = -log sigmoid(beta sum_t (1 + alpha r_t) rho_t of the chosen - beta sum_t (1 - alpha r_t) rho_t of the rejected)

with rho_t = log p - log p_ref; `clamped` holds the same with the weights cut off below 0.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import torch
from transformers import (
    get_constant_schedule_with_warmup,
    get_cosine_schedule_with_warmup,
    get_linear_schedule_with_warmup,
)
from trl import DPOTrainer

torch.set_default_dtype(torch.float64)
torch.manual_seed(20)


def digits(x):
    """Tensors and lists of them as plain numbers of 12 significant digits."""
    if isinstance(x, torch.Tensor):
        x = x.detach().tolist()
    if isinstance(x, (list, tuple)):
        return [digits(y) for y in x]
    if isinstance(x, dict):
        return {k: digits(v) for k, v in x.items()}
    return float(f"{x:.12g}") if isinstance(x, float) else x


def tokens(lengths, scale=1.0):
    """Random log-probs, one tensor per response, rounded so that the file holds them exactly."""
    return [torch.round(-scale * torch.rand(n) ** 2 * 4, decimals=6) for n in lengths]


def near(values, spread):
    """Log-probs of another model that differ by about `spread`, still at most 0."""
    return [torch.round((v + spread * torch.randn(v.shape)).clamp_max(0), decimals=6) for v in values]


def leaves(values):
    return [v.clone().requires_grad_() for v in values]


def grads(loss, *sides):
    flat = torch.autograd.grad(loss, [v for side in sides for v in side])
    out, at = [], 0
    for side in sides:
        out.append(list(flat[at : at + len(side)]))
        at += len(side)
    return out


def total(values, masks=None):
    return torch.stack([(v if masks is None else v * masks[i]).sum() for i, v in enumerate(values)])


def trl_dpo(beta, policy_chosen, policy_rejected, ref_chosen, ref_rejected):
    """Loss, per-pair rewards and metrics from TRL's trainer, given summed log-probs [C]. Only the model is replaced."""
    no_logits = torch.zeros(1)
    models = {
        "policy": (policy_chosen, policy_rejected, no_logits, no_logits, no_logits),
        "reference": (ref_chosen, ref_rejected, no_logits, no_logits, no_logits),
    }
    trainer = SimpleNamespace(
        accelerator=SimpleNamespace(device="cpu"),
        args=SimpleNamespace(rpo_alpha=None),
        aux_loss_enabled=False,
        beta=beta,
        concatenated_forward=lambda model, batch: models[model],
        f_divergence_type="reverse_kl",
        label_smoothing=0,
        loss_type="sigmoid",
        ref_model="reference",
        reference_free=False,
    )
    trainer.dpo_loss = lambda *logps: DPOTrainer.dpo_loss(trainer, *logps)
    losses, chosen, rejected = trainer.dpo_loss(policy_chosen, policy_rejected, ref_chosen, ref_rejected)
    loss, metrics = DPOTrainer.get_batch_loss_metrics(trainer, "policy", {}, "train")
    metrics = {k: v.double().item() for k, v in metrics.items() if not k.startswith("logits/")}
    return loss, losses, chosen, rejected, metrics


def dpo_case(name, beta, pc, pr, rc, rr, masks=None):
    policy_chosen, policy_rejected = leaves(pc), leaves(pr)
    mc, mr = masks or (None, None)
    loss, losses, chosen, rejected, metrics = trl_dpo(
        beta, total(policy_chosen, mc), total(policy_rejected, mr), total(rc, mc), total(rr, mr)
    )
    grad_chosen, grad_rejected = grads(loss, policy_chosen, policy_rejected)
    case = {
        "name": name, "beta": beta,
        "policyChosen": pc, "policyRejected": pr, "refChosen": rc, "refRejected": rr,
        "loss": loss, "losses": losses, "chosenRewards": chosen, "rejectedRewards": rejected,
        "gradChosen": grad_chosen, "gradRejected": grad_rejected, "metrics": metrics,
    }
    if masks:
        case["stepMaskChosen"] = [m.long() for m in mc]
        case["stepMaskRejected"] = [m.long() for m in mr]
    return digits(case)


def dpo():
    out = []
    for beta in (0.05, 0.1, 0.5):
        for lengths_c, lengths_r in (([3], [5]), ([4, 1, 7], [2, 6, 7])):
            pc, pr = tokens(lengths_c), tokens(lengths_r)
            name = f"{len(lengths_c)} pairs, beta {beta}"
            out.append(dpo_case(name, beta, pc, pr, near(pc, 0.3), near(pr, 0.3)))
    pc, pr = tokens([5, 2]), tokens([4, 3])
    out.append(dpo_case("policy equal to reference", 0.1, pc, pr, pc, pr))
    for name, push in (("rejected far likelier", -1.0), ("chosen far likelier", 1.0)):
        rc, rr = tokens([6, 6], 30), tokens([6, 6], 30)
        move = lambda v, by: [torch.round(x * (1 + by), decimals=6) for x in v]
        pc, pr = move(rc, -0.9 * push if push > 0 else 9.0), move(rr, 9.0 if push > 0 else -0.9)
        out.append(dpo_case(name, 0.5, pc, pr, rc, rr))
    return out


def step_dpo():
    out = []
    for beta, shapes in (
        (0.1, [(4, 3, 5)]),
        (0.4, [(0, 3, 2), (6, 4, 4), (2, 1, 7)]),
        (0.5, [(10, 5, 5), (3, 8, 2)]),
    ):
        pc, pr, rc, rr, mc, mr = [], [], [], [], [], []
        for prefix, n_c, n_r in shapes:  # tokens of the shared right steps, of the two steps compared
            shared, ref_shared = tokens([prefix])[0], tokens([prefix])[0]
            for n, policy, reference, masks in ((n_c, pc, rc, mc), (n_r, pr, rr, mr)):
                own = tokens([n])
                policy.append(torch.cat([shared, own[0]]))
                reference.append(torch.cat([ref_shared, near(own, 0.4)[0]]))
                masks.append(torch.cat([torch.zeros(prefix), torch.ones(n)]))
        out.append(dpo_case(f"{len(shapes)} pairs, beta {beta}", beta, pc, pr, rc, rr, (mc, mr)))
    return out


def sft():
    out = []
    for lengths in ([5], [3, 9, 1, 6]):
        values = tokens(lengths)
        policy = leaves(values)
        # The cross-entropy of every Hugging Face causal model: logits whose class 0 has the wanted log-prob, padding -100.
        longest = max(lengths)
        logits = torch.zeros(len(lengths), longest, 2)
        labels = torch.full((len(lengths), longest), -100)
        rows = []
        for i, v in enumerate(policy):
            rest = torch.log1p(-v.detach().exp().clamp_max(1 - 1e-15))
            rows.append(torch.cat([torch.stack([v, rest], 1), logits[i, len(v) :]]))
            labels[i, : len(v)] = 0
        loss = -sum(v.sum() for v in policy) / sum(lengths)
        theirs = torch.nn.functional.cross_entropy(torch.stack(rows).flatten(0, 1), labels.flatten())
        assert abs(loss - theirs) < 1e-12, (loss, theirs)
        (grad,) = grads(loss, policy)
        out.append(digits({
            "name": f"{len(lengths)} responses",
            "policy": values, "loss": loss, "tokens": sum(lengths), "grad": grad,
            "metrics": {"loss": loss, "logps/chosen": total(policy).mean()},
        }))
    return out


def tgdpo():
    out = []
    for name, alpha, beta, spread, lengths in (
        ("mild guide", 0.5, 0.1, 0.5, ([4, 6], [5, 3])),
        ("strong guide, weights change sign", 2.0, 0.5, 3.0, ([7, 2, 5], [4, 8, 5])),
        ("one pair", 1.0, 0.1, 1.0, ([3], [9])),
        ("alpha 0 is DPO", 0.0, 0.1, 1.0, ([3, 4], [5, 2])),
    ):
        pc, pr = tokens(lengths[0]), tokens(lengths[1])
        rc, rr = near(pc, 0.3), near(pr, 0.3)
        gc, gr = near(rc, spread), near(rr, spread)
        case = {
            "name": name, "alpha": alpha, "beta": beta,
            "policyChosen": pc, "policyRejected": pr, "refChosen": rc, "refRejected": rr,
            "guideChosen": gc, "guideRejected": gr,
        }
        for kind in ("unclamped", "clamped"):
            policy_chosen, policy_rejected = leaves(pc), leaves(pr)
            weigh = lambda guide, ref, sign: [1 + sign * alpha * beta * (g - r) for g, r in zip(guide, ref)]
            wc, wr = weigh(gc, rc, 1), weigh(gr, rr, -1)
            if kind == "clamped":
                wc, wr = [w.clamp_min(0) for w in wc], [w.clamp_min(0) for w in wr]
            ratio = lambda p, ref, w: torch.stack([(wi * (a - b)).sum() for wi, a, b in zip(w, p, ref)])
            chosen, rejected = ratio(policy_chosen, rc, wc), ratio(policy_rejected, rr, wr)
            losses = -torch.nn.functional.logsigmoid(beta * chosen - beta * rejected)
            loss = losses.mean()
            grad_chosen, grad_rejected = grads(loss, policy_chosen, policy_rejected)
            case[kind] = {
                "loss": loss, "losses": losses, "weightsChosen": wc, "weightsRejected": wr,
                "chosenRewards": beta * chosen, "rejectedRewards": beta * rejected,
                "gradChosen": grad_chosen, "gradRejected": grad_rejected,
            }
        if alpha == 0:
            plain = trl_dpo(beta, total(pc), total(pr), total(rc), total(rr))[0]
            assert abs(plain - case["clamped"]["loss"]) < 1e-12
        out.append(digits(case))
    return out


def adamw():
    out = []
    for name, hyper in (
        ("clipped at 1", {"lr": 1e-2, "betas": [0.9, 0.999], "eps": 1e-8, "weightDecay": 0.0, "maxGradNorm": 1.0}),
        ("decayed", {"lr": 3e-2, "betas": [0.8, 0.95], "eps": 1e-6, "weightDecay": 0.1, "maxGradNorm": 5.0}),
        ("not clipped", {"lr": 1e-3, "betas": [0.9, 0.95], "eps": 1e-8, "weightDecay": 0.01, "maxGradNorm": 1e9}),
    ):
        values = [torch.round(torch.randn(shape), decimals=6) for shape in ((3, 4), (5,), (1,))]
        params = [v.clone().requires_grad_() for v in values]
        optimiser = torch.optim.AdamW(
            params, lr=hyper["lr"], betas=tuple(hyper["betas"]), eps=hyper["eps"], weight_decay=hyper["weightDecay"]
        )
        steps = []
        for i in range(6):
            # the third step's gradients are tiny and the last ones exactly 0
            scale = (1.0, 0.2, 1e-4, 3.0, 0.5, 0.0)[i]
            gradients = [torch.round(scale * torch.randn(p.shape), decimals=8) for p in params]
            for p, g in zip(params, gradients):
                p.grad = g.clone()
            norm = torch.nn.utils.clip_grad_norm_(params, hyper["maxGradNorm"])
            optimiser.step()
            steps.append({
                "grads": [g.flatten() for g in gradients],
                "gradNorm": norm,
                "params": [p.detach().clone().flatten() for p in params],
            })
        out.append(digits({
            "name": name, "hyper": hyper,
            "shapes": [list(v.shape) for v in values], "params": [v.flatten() for v in values], "steps": steps,
        }))
    return out


def schedules():
    out = []
    steps, peak = 20, 2e-3
    for warmup_steps in (0, 2, 5):
        for kind, make in (
            ("constant", lambda o, w: get_constant_schedule_with_warmup(o, w)),
            ("linear", lambda o, w: get_linear_schedule_with_warmup(o, w, steps)),
            ("cosine", lambda o, w: get_cosine_schedule_with_warmup(o, w, steps)),
        ):
            optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=peak)
            schedule = make(optimiser, warmup_steps)
            values = []
            for _ in range(steps):
                values.append(schedule.get_last_lr()[0])
                optimiser.step()
                schedule.step()
            out.append(digits({
                "kind": kind, "peak": peak, "steps": steps, "warmupSteps": warmup_steps,
                "warmup": warmup_steps / steps, "values": values,
            }))
    return out


golden = {
    "dpo": dpo(), "sft": sft(), "step-dpo": step_dpo(), "tgdpo": tgdpo(),
    "adamw": adamw(), "schedules": schedules(),
}
lines = ",\n".join(
    f'"{key}": [\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]"
    for key, cases in golden.items()
)
Path(__file__).with_name("methods.json").write_text("{\n" + lines + "\n}\n")
print({key: len(cases) for key, cases in golden.items()})
