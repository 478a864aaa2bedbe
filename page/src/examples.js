// The examples of the first visit: programs of examples/, with names for who takes part.
import auction from '../../examples/auction.garble';
import median from '../../examples/median.garble';
import millionaires from '../../examples/millionaires.garble';
import poll from '../../examples/poll.garble';
import salaries from '../../examples/salaries.garble';
import { shortHash } from './link.js';
import { grouped } from './values.js';
import { count } from './words.js';

export const EXAMPLES = [
  {
    name: 'Who is richer?', source: millionaires,
    text: 'Two people want to know who of them is richer. Neither says how much there is.',
    parties: ['Anna', 'Ben'], labels: ['What you own', 'What you own'], learns: 'whether Anna is richer: yes or no',
    say: (v) => (v ? 'Anna is richer.' : 'Ben is at least as rich as Anna.'),
  },
  {
    name: 'A fair wage?', source: salaries,
    text: 'Two companies and Ms Lee, who looks after fair pay, want to know whether the companies pay alike. No company shows what it pays.',
    parties: ['North Ltd', 'South Ltd', 'Ms Lee'], labels: ['Average salary', 'Average salary', 'Allowed difference in percent'],
    learns: 'whether the averages differ by more than that: yes or no',
    say: (v) => `The averages differ by ${v ? 'more' : 'not more'} than Ms Lee allows.`,
  },
  {
    name: 'A sealed auction', source: auction,
    text: 'Four people bid. The highest bid wins and pays the second-highest price. All other bids stay sealed for ever.',
    parties: ['Anna', 'Ben', 'Chloe', 'David'], labels: Array(4).fill('Your bid'), learns: 'who wins, and the second-highest bid',
    say: ([winner, price], names) => `${names[Number(winner)]} wins and pays ${grouped(price)}.`,
  },
  {
    name: 'An honest answer', source: poll,
    text: 'Three colleagues are asked: is this project still a good idea? Everybody sees how many said what, and nobody who.',
    parties: ['Anna', 'Ben', 'Chloe'], labels: Array(3).fill('Is it a good idea?'), learns: 'how many said yes, no, or nothing',
    say: (v) => `${count(Number(v.yes))} said yes, ${count(Number(v.no))} said no, ${count(Number(v.unsure))} would rather not say.`.replace(/^./, (c) => c.toUpperCase()),
  },
  {
    name: 'A common middle', source: median,
    text: 'Three laboratories measured the same thing three times each. They learn the middle value of all nine, and see no other’s measurements.',
    parties: ['Lab one', 'Lab two', 'Lab three'], labels: Array(3).fill('Three measurements'), learns: 'the middle value of all nine',
    say: (v) => `The median of all nine is ${grouped(v)}.`,
  },
];

export const OWN = `// Write here, in a sentence, what everybody will learn.

pub fn main(mine: u32, yours: u32) -> u32 {
    if mine > yours { mine } else { yours }
}
`;

/** The inputs that an example's opening comment states. */
export const samplesOf = (source) => [...source.matchAll(/^\/\/ party \d+: (.*)$/gm)].map((m) => m[1]);

export const exampleOf = (source) => EXAMPLES.find((e) => e.source === source);

/** The example with that hash: invitations to examples need not carry the program. */
export async function exampleWith(hash, hashOf) {
  for (const e of EXAMPLES) if (shortHash(await hashOf(e.source)) === hash) return e;
  return null;
}
