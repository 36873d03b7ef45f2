/**
 * Elements of the page for layouts of one's own: importing this defines `line-chart`, `credit-response` and `who-got-it`. They take
 * plain data as properties; their looks are in charts.css beside the built file.
 */
import './ui/styles/tokens.css';
import './ui/styles/curves.css';
import './ui/styles/credit.css';

export type { Figure } from './ui/charts/curves';
export { LineChart } from './ui/charts/line-chart';
export { CreditResponseView } from './ui/credit/credit-response';
export { WhoGotItView } from './ui/live/who-got-it';
export type { ProbePoint } from './ui/state';
