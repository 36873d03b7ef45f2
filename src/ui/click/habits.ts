import { html, nothing } from 'lit';
import { percent, plural, signed } from '../format';
import { blindOf, type ClickSession, habitsOf, type Round, type Share } from './session';

const share = ({ hits, of, interval: [low, high] }: Share) =>
  html`<td>${hits} of ${of}</td><td>${of === 0 ? '–' : percent(hits / of, 0)}</td><td>${of === 0 ? '–' : `${percent(low, 0)} to ${percent(high, 0)}`}</td>`;

export const habitRow = (name: string, value: Share, about: string, testid: string) =>
  html`<tr data-testid=${testid} data-hits=${value.hits} data-of=${value.of}><th scope="row">${name}<br /><span class="hint">${about}</span></th>${share(value)}</tr>`;

export const habitTable = (caption: string, rows: unknown) =>
  html`<div class="scroll-x" tabindex="0" role="group" aria-label=${caption}><table class="click-habits"><caption class="visually-hidden">${caption}</caption>
    <thead><tr><th scope="col">what</th><th scope="col">count</th><th scope="col">share</th><th scope="col">95 %</th></tr></thead>
    <tbody>${rows}</tbody></table></div>`;

const inside = ({ of, interval: [low, high] }: Share) => of > 0 && low <= 0.5 && high >= 0.5;

/** What the clicks of the first round say. */
export const habitsTable = (round: Round) => {
  const habits = habitsOf(round);
  const { self, verifier, left, longer, same, neither } = habits;
  const habit = [
    ...(left.of > 0 && !inside(left)
      ? [
          `You chose the ${left.hits * 2 > left.of ? 'first' : 'second'} answer more often than chance would; sides were shuffled, so the place drew you.`,
        ]
      : []),
    ...(longer.of > 0 && !inside(longer)
      ? [
          `You chose the ${longer.hits * 2 > longer.of ? 'longer' : 'shorter'} answer more often than not; a loss that sums over tokens will take that for what you want.`,
        ]
      : []),
  ];
  return html`<div data-testid="click-habits">
    ${habitTable('What your clicks say', [
      habitRow(
        'agreement with yourself',
        self,
        'pairs that came back with their sides changed',
        'click-self',
      ),
      verifier.of > 0
        ? habitRow(
            'agreement with the verifier',
            verifier,
            'pairs of which one answer is right',
            'click-verifier',
          )
        : nothing,
      habitRow('the first answer', left, 'half would be no habit', 'click-left'),
      habitRow('the longer answer', longer, 'of pairs of unequal length', 'click-longer'),
    ])}
    <p>${plural(same, 'pair')} as good, ${neither} neither.${habit.length > 0 ? ` ${habit.join(' ')}` : ' Neither place nor length drew you further than chance may.'}</p>
    ${self.of === 0 ? html`<p class="hint">No pair has come back yet; every eighth does.</p>` : nothing}
  </div>`;
};

/** What came of the blind round. */
export const blindTable = (round: Round) => {
  const { now, before, after } = blindOf(round);
  const [low, high] = now.interval;
  return html`<div data-testid="click-blind-result">
    ${habitTable('The model before and now, without knowing which', [
      habitRow('the model of now preferred', now, 'half would be no difference', 'click-now'),
      after.of > 0
        ? habitRow('right before', before, 'by the verifier, on these prompts', 'click-right-before')
        : nothing,
      after.of > 0
        ? habitRow('right now', after, 'by the verifier, on these prompts', 'click-right-now')
        : nothing,
    ])}
    <p>${
      now.of === 0
        ? 'You chose none.'
        : low > 0.5
          ? 'You prefer what it says now.'
          : high < 0.5
            ? 'You preferred what it said before: what you clicked and what you like came apart.'
            : `Too few to tell: of ${now.of} clicks chance alone makes as much.`
    }${round.alike > 0 ? ` To ${plural(round.alike, 'prompt')} both said the same.` : ''}</p>
  </div>`;
};

/** How the clicked pairs moved in training. */
export const apartSentence = ({ trained }: ClickSession) =>
  trained?.apart
    ? html`<p data-testid="click-apart" data-mean=${trained.apart.mean}>Of the clicked pairs that were watched, ${trained.apart.right} of ${trained.apart.of} moved the way you clicked: ${signed(trained.apart.mean, 1)} nats of margin on average.</p>`
    : nothing;
