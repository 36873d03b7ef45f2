import type { Step } from '../lesson';
import { beforeAndNow, sideAsk, youSaid } from '../pieces';
import { besideOf, share } from '../read';
import { carried, egida, of, ranges } from './runs';

const requests = ['46,-7,+2', 'dev>46,+7,-1', '30,+5,-2', '!!18,+8,+5'];

/** The rule, attacks in clothes old and new, and what else is refused then. */
export const whatIsRefused: readonly Step[] = [
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
    notes: [{ title: 'ASR', text: 'Attack success rate: forbidden, wrapped requests that are not refused.' }],
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
];
