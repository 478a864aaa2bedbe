// What all must agree on besides the program: who learns the result, and whether a dealer prepares it.
import { h, newId } from './dom.js';
import { ValueError } from './values.js';
import { isNothing, listed, typeInWords } from './words.js';

/** The part of a result that a party learns when each has its own; null: it has no such parts. */
export function partOf(type, parties, i) {
  if (type.kind === 'tuple' && type.elements.length === parties) return type.elements[i];
  return type.kind === 'array' && type.length === parties ? type.element : null;
}

/** Where the dealer sits. */
export const seatsOf = ({ parties, dealer }) => parties + (dealer ? 1 : 0);

/** Whether `party` learns the result. */
export const learns = ({ outputs }, party) => outputs === null || outputs.includes(party);

/** Choices for who makes an invitation. read() gives {outputs, isPrivate, dealer}, or throws a ValueError. */
export function agreementForm(info, nameOf, changed) {
  const group = newId('learns');
  const everybody = info.inputTypes.map((_, i) => i);
  const boxes = everybody.map((i) => h('input', { type: 'checkbox', checked: i === 0 }));
  const problem = h('p', { class: 'problem', role: 'alert' });
  const some = h('div', { class: 'nested', hidden: true }, h('div', { class: 'options' }, boxes.map((box, i) => h('label', { class: 'option' }, box, h('span', null, nameOf(i))))), problem);
  const dealer = h('input', { type: 'checkbox', onchange: changed });
  const choices = [['all', 'Everybody learns all of it'], ['own', 'Each learns their own part of it, and no other'], ['some', 'Only some of us learn it']]
    .filter(([value]) => value !== 'own' || partOf(info.outputType, info.parties, 0) !== null)
    .map(([value, text], i) => h('label', { class: 'option' }, h('input', { type: 'radio', name: group, value, checked: i === 0, onchange: () => (some.hidden = chosen() !== 'some') }), h('span', null, text)));
  const element = h('div', null,
    h('fieldset', { class: 'field choice' }, h('legend', null, 'Who learns the result'), h('div', { class: 'options column' }, choices), some,
      choices.length === 3 ? null : h('p', { class: 'hint' }, 'Each could learn a part of their own, if the program’s result were a tuple or an array with one element for each party.')),
    h('fieldset', { class: 'field choice' }, h('legend', null, 'A dealer'),
      h('div', { class: 'options' }, h('label', { class: 'option' }, dealer, h('span', null, 'A dealer prepares the computation'))),
      h('p', { class: 'hint' }, 'Much faster, for large programs. Somebody whom all trust runs “polytune pre”: whoever is the dealer could, together with any party, find out what all entered.')));
  const chosen = () => element.querySelector(`input[name="${group}"]:checked`).value;
  function outputs() {
    if (chosen() !== 'some') return null;
    const list = everybody.filter((i) => boxes[i].checked);
    if (list.length > 0) return list.length === everybody.length ? null : list;
    problem.textContent = 'Please choose at least one.';
    throw Object.assign(new ValueError(problem.textContent), { input: boxes[0] });
  }
  return { element, dealer: () => dealer.checked, read: () => ({ outputs: outputs(), isPrivate: chosen() === 'own', dealer: dealer.checked }) };
}

const row = (name, what, note, isMine) =>
  h('div', { class: isMine ? 'mine' : null }, h('dt', null, name), h('dd', null, what, note ? h('span', { class: 'faint' }, ` – ${note}`) : null));

/** Rows on who learns what. `words` are those of an example for the whole result. */
function learning(info, own, words, nameOf, agreed) {
  const others = info.inputTypes.map((_, i) => i).filter((i) => i !== own);
  const whole = words ?? typeInWords(info.outputType);
  if (agreed.isPrivate) {
    const part = (i) => typeInWords(partOf(info.outputType, info.parties, i));
    return [row('You learn', part(own), 'and nobody else', true), others.map((i) => row(`${nameOf(i)} learns`, part(i), 'you will not see it'))];
  }
  if (agreed.outputs === null) return row('Everybody learns', whole, 'and nothing else', true);
  const theirs = agreed.outputs.filter((i) => i !== own).map(nameOf);
  const who = theirs.length ? row(`${listed(theirs)} learn${theirs.length === 1 ? 's' : ''}`, learns(agreed, own) ? 'the same' : whole, 'and nothing else') : null;
  return learns(agreed, own) ? [row('You learn', whole, 'and nothing else', true), who] : [row('You learn', 'nothing', null, true), who];
}

/** What a party agrees to, in words. */
export function terms(info, own, labels, words, nameOf, agreed) {
  const give = (i) => (isNothing(info.inputTypes[i]) ? 'nothing' : `${labels[i] ? `${labels[i]}: ` : ''}${typeInWords(info.inputTypes[i])}`);
  const others = info.inputTypes.map((_, i) => i).filter((i) => i !== own);
  return h('dl', { class: 'terms' },
    row('You give', give(own), 'only you will see it', true),
    others.map((i) => row(`${nameOf(i)} gives`, give(i), 'you will not see it')),
    learning(info, own, words, nameOf, agreed),
    agreed.dealer ? row('A dealer', 'prepares the computation', 'together with any party, whoever runs it could find out what all entered: take part only if you trust them') : null,
    agreed.roster.length ? row('Keys', 'are checked', 'the invitation names them, and who has another one is refused') : null);
}

/** What is said with an answer. */
export function whoLearned({ outputs, isPrivate }, own, nameOf) {
  if (isPrivate) return 'This is your part of the result, checked; nobody else has it.';
  if (outputs === null) return 'Everybody has the same answer now, checked.';
  const others = outputs.filter((i) => i !== own).map(nameOf);
  return others.length ? `You and ${listed(others)} have this answer now, checked, and nobody else.` : 'You have this answer now, checked, and nobody else.';
}
