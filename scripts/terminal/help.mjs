// What `npm run train -- --help` prints.
export const help = `Usage: npm run train -- [options]

The run
  --model WHAT        built-in model (arith-nano), a model folder, a GGUF file, or owner/name on the hub
  --revision R        of a model on the hub: branch, tag or commit (main)
  --file NAME         which GGUF, where the folder or the repository has several
  --hub URL           another hub; a token for gated models is taken from the environment: HF_TOKEN
  --method ID         step-dpo (the default), dpo, simpo, kto ...: METHODS.md lists them all
  --compare LIST      two to four methods in lock-step on the same samples, such as dpo,ipo,dpo:seed=2; behind a method
                      its own: a parameter (beta=0.5) or a field of the document (optimizer.learningRate=1e-4). All
                      else is the first one's, and the same for all; with --json what came of each, paired with the first
  --preset ID         named settings of the method: ours (the defaults), paper, or one of its own: METHODS.md
  --source ID         what makes its training data, where it can be made from several: METHODS.md
  --wrap ID           what changes or selects its data, such as noisy-labels; may be repeated: METHODS.md
  --param NAME=VALUE  of the method, its source or a wrapper: --param beta=0.4, --param clamp=off; may be repeated
  --steps N           optimiser steps (30)
  --batch-size N      trees per micro-batch
  --accumulate N      micro-batches per step
  --lr X              learning rate
  --checkpointing     compute layers again instead of keeping them: slower, far less memory
  --eval-problems N   held-out problems or rows of each evaluation; 0 for none
  --eval-every N      steps between evaluations; 0 for before and after only
  --seed N            (1)
  --backend NAME      auto, webgpu, wasm or cpu (auto)
  --run FILE          a run document (JSON) to start from; the other options change it

An adapter (without --lora all weights are trained)
  --lora              train a low-rank adapter; the model's own weights stay as they are
  --rank N            (8)
  --alpha X           (16)
  --lora-dropout X    (0)
  --rslora            scale by alpha / sqrt(rank)
  --target-modules L  such as q_proj,v_proj (all-linear)
  --weights HOW       of the model: f32, f16, int8, int4, or file: as its file has them
  --adapter WHAT      go on from this adapter: a folder, or owner/name on the hub
  --reference WHICH   base or adapter: what a run that goes on is compared with (base)

Examples from a file (otherwise the built-in problems)
  --data FILE         JSON, JSONL, CSV or Parquet, also gzipped; or owner/name on the hub with --data-file NAME. Several
                      files of one dataset: a folder, a pattern such as 'data/*.jsonl', or this option repeated
  --format ID         preference, implicit-preference, two-responses, unpaired, unpaired-messages, ranked, step-dpo,
                      prompt-completion, messages, solutions (told from the columns)
  --map PART=COLUMN   which column plays a part, for example --map chosen=winner; may be repeated
  --label WORD=WHAT   what a word of a label means: right or wrong; of two answers first or second; may be repeated
  --encoding NAME     of text that is not UTF-8, for example windows-1252
  --template WHICH    how conversations are written: model, plain or none (model)
  --plain-rows HOW    plain texts as they stand (text), or as a conversation (chat)
  --turns WHICH       of whole conversations learn every answer (all, the default) or the last one (last)
  --system TEXT       put before conversations that have no system message
  --bos HOW           before plain texts: auto, add or none (auto)
  --steps-rule RULE   how an answer is cut into steps: whole, line, sentence, step, pattern (line)
  --steps-pattern RE  for the rule pattern: a step begins where it matches
  --max-length N      most tokens of prompt and response together, or none (1024)
  --max-prompt-length N
  --held-out SHARE    of the prompts, kept from training (0.05)
  --limit N           most rows to read
  --pairs-per-row N   of a row with several right and wrong answers (1)
  --pair-unpaired     pair labelled answers to the same prompt
  --check             only read the examples and report
  --estimate          only say how much memory and time the run would take; exit code 2 when it does not fit
  --force             begin although it does not fit

Choices between images (otherwise images that the model draws)
  --choices WHAT      the zip that the page saves, or exports of a run, its folder, or its pairs.jsonl beside the PNG
                      files; for methods of pairs on images: diffusion-dpo, smpo

The built-in problems
  --trees N           preference trees to make before training
  --task ID           whose problems: arithmetic, or another built-in world; comes with its model, and a model with it
  --difficulty ID     of the training problems
  --max-tokens N      longest response, also of --chat

The results
  --out DIR           what was trained: DIR/adapter or DIR/model, as Python reads them, with run.json, metrics.json,
                      metrics.csv and README.md; of a built-in model without an adapter a zip of the same. Of what is
                      there only an earlier run's results are replaced
  --export WHAT       adapter, model (an adapter worked in) or both (adapter with --lora, else model)
  --dtype TYPE        of a model's weights: F32, F16 or BF16 (F32); F32 also where the type cannot hold them
  --json FILE         document, backend, metrics and evaluations; the report with --check, --estimate
  --logits FILE       log-probs of the first examples' tokens, for scripts/parity/open_adapter.py
  --chat TEXT         answer this before and after training, greedily; may be repeated

Going on later
  --store DIR         keep the run, its checkpoints and downloaded files in DIR
  --resume            go on with the last unfinished run in the store
  --help

Ctrl-C ends the run after its current step; a second one ends it at once.
`;
