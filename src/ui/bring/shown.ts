import { shownText } from '../../data/shown-text';

const most = 4000;

/**
 * Text of a dataset as it may stand on the page: line breaks and tabs as they are, other unseen characters and marks of
 * writing direction spelled out, and no more than a screenful. It is only ever put into text, never into markup.
 */
export const shown = (text: string): string =>
  text.length > most
    ? `${shown(text.slice(0, most))}… (${text.length - most} more characters)`
    : text
        .split('\n')
        .map((line) =>
          line
            .split('\t')
            .map((part) => shownText(part, most))
            .join('\t'),
        )
        .join('\n');
