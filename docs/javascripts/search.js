// The search finds words that begin as those that were typed. A Russian word typed without its ending is found in every
// form, so endings are taken off what is asked of the worker that searches (a message of type 2).
const ENDING = /(?:иями|ями|ами|ией|иям|ием|иях|ого|его|ому|ему|ыми|ими|ую|юю|ая|яя|ою|ею|ой|ей|ий|ый|ые|ие|ых|их|ов|ев|ам|ям|ах|ях|ом|ем|ия|ии|ию|[аяоеёуюыийь])$/i;
const QUERY = 2;
const post = Worker.prototype.postMessage;

Worker.prototype.postMessage = function (message, ...rest) {
  const asked = message?.type === QUERY && typeof message.data === "string";
  const data = asked && message.data.replace(/[а-яё]{4,}/gi, (word) => word.replace(ENDING, ""));
  return post.call(this, asked ? { ...message, data } : message, ...rest);
};
