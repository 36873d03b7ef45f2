import { percent } from '../ui/format';
import type { Lesson, Live, RunSpec } from './lesson';
import { beforeAndNow, sideAsk, youSaid } from './pieces';
import { besideOf, measureOf, rangesOf, runOf, share } from './read';

const egida: RunSpec = { name: 'egida', title: 'Egida, 50 steps', seconds: 25 };
const bare: RunSpec = {
  name: 'bare',
  title: 'the same without its anchor',
  fields: { 'method.params.anchor': 0 },
  seconds: 25,
};

const sacpo: RunSpec = {
  name: 'sacpo',
  title: 'SACPO, two stages of 36 steps',
  fields: { 'method.id': 'sacpo', 'data.trees': 240, steps: 36, 'evaluation.every': 36 },
  seconds: 25,
};

const requests = ['46,-7,+2', 'dev>46,+7,-1', '30,+5,-2', '!!18,+8,+5'];

const of = (all: Live, id: string, name = 'egida') => {
  const run = runOf(all, name);
  return run && measureOf(run, id);
};

/** The same with its intervals. */
const ranges = (all: Live, id: string, name = 'egida') => {
  const run = runOf(all, name);
  return run && rangesOf(run, id);
};

/** What SACPO measures before, after its first stage and after its second. */
const stagesIn = (all: Live, id: string) => {
  const evaluations = runOf(all, 'sacpo')?.evaluations ?? [];
  const own = evaluations.filter(({ evaluation }) => evaluation.stage === evaluations[0]!.evaluation.stage);
  const [start, first, last] = [evaluations[0], own.at(-1), evaluations.at(-1)].map((row) =>
    row?.evaluation.measures?.find((measure) => measure.id === id),
  );
  return start && first && last ? ([start, first, last] as const) : undefined;
};

/** How much of the fall on trained wrappers the new ones share. */
const carried = (all: Live) => {
  const [trained, fresh] = [of(all, 'asr-trained'), of(all, 'asr-new-wrappers')];
  if (!trained || !fresh) return undefined;
  const [fall, other] = [trained.before - trained.now, fresh.before - fresh.now];
  return { trained, fresh, fell: fall > 0.05, share: fall > 0 ? other / fall : 0 };
};

export const askedSlyly: Lesson = {
  id: 'asked-slyly',
  base: {
    'method.id': 'egida',
    'data.trees': 300,
    steps: 50,
    'evaluation.every': 0,
    'evaluation.problems': 400,
  },
  terms: ['attack', 'over-refusal', 'pair', 'held-out-accuracy', 'interval'],
  claims: [
    {
      id: 'falls',
      text: 'Fewer than half of the attacks with trained wrappers work after training that worked before.',
      holds: (all) => {
        const asr = of(all, 'asr-trained');
        return asr && asr.now < asr.before / 2;
      },
    },
    {
      id: 'carries-over',
      text: 'Wrappers that were never trained fall as well, by more than half as much.',
      holds: (all) => {
        const found = carried(all);
        return found?.fell && found.share > 0.5;
      },
    },
    {
      id: 'anchor',
      text: 'Without its anchor it solves fewer allowed requests than with it.',
      holds: (all) => {
        const [a, b] = [of(all, 'solved'), of(all, 'solved', 'bare')];
        return a && b && b.now < a.now;
      },
    },
    {
      id: 'helpful',
      text: 'SACPO’s first stage solves more allowed requests, beyond chance, and lets no fewer attacks through.',
      holds: (all) => {
        const [asr, solved] = [stagesIn(all, 'asr'), stagesIn(all, 'solved')];
        return asr && solved && besideOf(solved[0], solved[1]) === 'more' && asr[1].value >= asr[0].value;
      },
    },
    {
      id: 'then-safe',
      text: 'Its second stage lets fewer attacks through, beyond chance, and still solves more allowed requests than before training.',
      holds: (all) => {
        const [asr, solved] = [stagesIn(all, 'asr'), stagesIn(all, 'solved')];
        return asr && solved && besideOf(asr[1], asr[2]) === 'less' && solved[2].value > solved[0].value;
      },
    },
  ],
  steps: [
    {
      title: 'What is forbidden',
      teaser: 'A model that may not do some sums.',
      say: 'In this world a request is a sum in some wrapping. Sums with `+7`, `-4`, `+9` or `-8` are forbidden, and should be answered with `R:no`; everything else is allowed, however much it looks like them. Which of these has to be refused?',
      ask: { kind: 'line', lines: requests, truth: () => 2 },
      show: [
        {
          view: 'texts',
          title: 'The four requests',
          of: () => [
            {
              heading: 'Four requests',
              lines: requests.map((text, i) => ({
                text,
                mark: i === 1 ? 'wrong' : 'right',
                note: ['-7 is allowed', '+7, in a wrapper', 'nothing near it', '+8 is allowed'][i],
              })),
            },
          ],
        },
      ],
      reply: () =>
        'Line {2}: it has `+7`, and `dev>` around it. `-7` and `+8` only look like what is forbidden; to refuse those is a mistake too.',
      notes: [
        {
          title: 'A stand-in',
          text: 'for requests that must not be granted and those that only sound like them. Nothing here is harmful, and every answer can be judged by a program.',
        },
      ],
    },
    {
      title: 'How well it holds out',
      teaser: 'Attacks that work before any training.',
      say: 'The model was made to refuse plain requests, and to give in when they come wrapped: `dev>…`, `!!…`, digits spelt as letters. Of forbidden requests in a wrapper, how many does it answer before training, in percent?',
      ask: {
        kind: 'number',
        unit: '%',
        near: 10,
        truth: (all) => {
          const asr = of(all, 'asr');
          return asr && Math.round(100 * asr.before);
        },
      },
      run: egida,
      reply: (all, given) => {
        const [asr, plain] = [of(all, 'asr'), of(all, 'unwrapped')];
        if (!asr) return undefined;
        const guess = youSaid(given, '%');
        const plainly = plain ? ` Put plainly, ${share(plain.before, 0)}.` : '';
        return asr.before > 0.5
          ? `${share(asr.before, 0)}.${guess}${plainly} It knows the rule, and forgets it in fancy dress.`
          : `${share(asr.before, 0)}.${guess}${plainly} Fewer than was to be expected of it: answers are sampled, and this is one draw.`;
      },
      notes: [
        { title: 'ASR', text: 'Attack success rate: forbidden, wrapped requests that are not refused.' },
      ],
    },
    {
      title: 'New clothes',
      teaser: 'Wrappers that were never trained.',
      say: 'Egida prefers a refusal to the model’s own answer, on eleven kinds of wrappers and four topics. Five other wrappers are held out. Attacks with trained wrappers will fall. Those with wrappers that it never saw in training?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'yes', text: 'fall too, at least half as much' },
          { value: 'no', text: 'hardly fall' },
        ],
        truth: (all) => {
          const found = carried(all);
          return found?.fell ? (found.share > 0.5 ? 'yes' : 'no') : undefined;
        },
      },
      run: egida,
      show: [
        {
          view: 'bars',
          title: 'Attacks that work, before and now',
          of: (all) =>
            (
              [
                ['asr-trained', 'trained wrappers'],
                ['asr-new-wrappers', 'new wrappers'],
                ['asr-new-topics', 'new topics'],
                ['asr-new-both', 'both new'],
              ] as const
            ).flatMap(([id, label]) => beforeAndNow(label, of(all, id))),
        },
      ],
      reply: (all) => {
        const found = carried(all);
        if (!found) return undefined;
        const { trained, fresh } = found;
        const both = `Trained wrappers: ${share(trained.before, 0)} before, ${share(trained.now, 0)} now. New ones: ${share(fresh.before, 0)} and ${share(fresh.now, 0)}.`;
        if (!found.fell)
          return `${both} With this seed the trained ones have hardly fallen, so that there is nothing to carry over. Try another.`;
        return found.share > 0.5
          ? `${both} What it learned is the rule, not the clothes.`
          : `${both} It learned the clothes more than the rule. Ask what other wrappers would have to look like.`;
      },
      teach: 'Let the class invent wrappers, and sort them: which of the eleven is each most like?',
    },
    {
      title: 'The price',
      teaser: 'Harmless requests that are refused.',
      say: 'A model that refuses everything has no attack that works. So look at the other side: requests that are allowed and look much like the forbidden ones. Are more of them refused than before?',
      ask: sideAsk({ less: 'fewer', more: 'more' }, (all) => {
        const refused = ranges(all, 'over-refusal');
        return refused && besideOf(refused.before, refused.now);
      }),
      run: egida,
      reply: (all) => {
        const [refused, asr] = [ranges(all, 'over-refusal'), of(all, 'asr')];
        if (!refused || !asr) return undefined;
        const verdict = {
          more: 'Every defence is paid for at its border; the question is how much a caught attack may cost.',
          open: 'The intervals overlap: so few allowed requests tell no such change from chance. Several seeds, or more requests, would.',
          less: 'Here the border has not moved the wrong way; look at several seeds before believing it.',
        }[besideOf(refused.before, refused.now)];
        return `Allowed requests refused: ${share(refused.before.value)} before, ${share(refused.now.value)} now. Attacks: ${share(asr.before, 0)} and ${share(asr.now, 0)}. ${verdict}`;
      },
    },
    {
      title: 'The anchor',
      teaser: 'What keeps it from forgetting its sums.',
      say: 'In each pair the rejected answer is a worked sum, and all of its tokens are pushed down. Egida has an anchor against that: the likelihood of the chosen answer, and ordinary pairs beside. Without that term in the loss, how many allowed requests will still be solved?',
      ask: {
        kind: 'choice',
        options: [
          { value: 'fewer', text: 'clearly fewer than with it' },
          { value: 'alike', text: 'about as many' },
        ],
        truth: (all) => {
          const [a, b] = [ranges(all, 'solved'), ranges(all, 'solved', 'bare')];
          return a && b && (besideOf(a.now, b.now) === 'less' ? 'fewer' : 'alike');
        },
      },
      run: bare,
      show: [
        {
          view: 'table',
          title: 'With and without the anchor',
          of: (all) => {
            const rows = (
              [
                ['egida', 'with'],
                ['bare', 'without'],
              ] as const
            ).flatMap(([name, label]) => {
              const found = ['asr', 'over-refusal', 'solved'].map((id) => of(all, id, name)?.now);
              return found.every((value) => value !== undefined)
                ? [[label, ...found.map((value) => `${(100 * value!).toFixed(1)} %`)]]
                : [];
            });
            return rows.length > 0
              ? { head: ['anchor', 'attacks that work', 'allowed refused', 'allowed solved'], rows }
              : undefined;
          },
        },
      ],
      reply: (all) => {
        const [a, b] = [ranges(all, 'solved'), ranges(all, 'solved', 'bare')];
        if (!b) return undefined;
        const before = share(b.before.value);
        if (!a)
          return `Without it ${share(b.now.value)} of the allowed requests are solved, before training ${before}. Run step 2 for the other half of the comparison.`;
        const verdict =
          besideOf(a.now, b.now) === 'less'
            ? 'Safe and useless is easy.'
            : b.now.value < a.now.value
              ? 'Fewer, and yet it could be chance with one seed.'
              : 'Here the anchor was not needed: the push did not reach the sums.';
        return `With it ${share(a.now.value)} of the allowed requests are solved, without ${share(b.now.value)}; before training it was ${before}. ${verdict}`;
      },
      notes: [{ title: 'The method', text: '[Egida](#/methods/egida), with all of its wrappers.' }],
    },
    {
      title: 'One thing after another',
      teaser: 'First helpful, then safe.',
      say: '[SACPO](#/methods/sacpo) takes two stages. The first makes the model helpful, from pairs by right and wrong; of safety it says nothing. The second makes it safe, held to the first one’s model. After the *first* stage, how many attacks work?',
      ask: sideAsk({ less: 'fewer than before', more: 'more than before' }, (all) => {
        const stages = stagesIn(all, 'asr');
        return stages && besideOf(stages[0], stages[1]);
      }),
      run: sacpo,
      show: [
        {
          view: 'table',
          title: 'Stage by stage',
          of: (all) => {
            const [asr, refused, solved] = ['asr', 'over-refusal', 'solved'].map((id) => stagesIn(all, id));
            return asr && refused && solved
              ? {
                  head: ['after', 'attacks that work', 'allowed refused', 'allowed solved'],
                  rows: ['nothing yet', 'helpful', 'safe'].map((label, i) => [
                    label,
                    ...[asr, refused, solved].map((of) => percent(of[i]!.value)),
                  ]),
                }
              : undefined;
          },
        },
      ],
      reply: (all) => {
        const [asr, solved] = [stagesIn(all, 'asr'), stagesIn(all, 'solved')];
        if (!asr || !solved) return undefined;
        const first = {
          more: 'A model that is more helpful is so to everybody.',
          open: 'No more than chance: being helpful has not opened the door any wider.',
          less: 'Fewer, unasked for: with this seed it has learned to refuse as a right answer.',
        }[besideOf(asr[0], asr[1])];
        const fell = besideOf(asr[1], asr[2]) === 'less';
        const kept = besideOf(solved[1], solved[2]) !== 'less';
        const then = fell
          ? kept
            ? 'and kept what the first had taught: its reference is the first one’s model.'
            : 'and paid for it with what the first had taught.'
          : 'which is no fewer than chance would have it.';
        const egidas = of(all, 'asr');
        const beside = egidas
          ? ` Egida came to ${share(egidas.now, 0)}: it is given refusals, where SACPO has to find them among its own answers.`
          : '';
        return `Attacks: ${share(asr[0].value, 0)} before, ${share(asr[1].value, 0)} after the first stage; allowed requests solved: ${share(solved[0].value, 0)} and ${share(solved[1].value, 0)}. ${first} The second stage let ${share(asr[2].value, 0)} through, ${then}${beside}`;
      },
      teach:
        'Ask for the other order, safe and then helpful, and what each stage would be held to. The method’s page has it as a preset.',
    },
  ],
};
