import { percent } from '../../ui/format';
import type { Step } from '../lesson';
import { sideAsk } from '../pieces';
import { besideOf, share } from '../read';
import { bare, of, ranges, sacpo, stagesIn } from './runs';

/** What keeps it able to do its sums: an anchor, or a stage of its own. */
export const whatIsKept: readonly Step[] = [
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
];
