// The till itself says no; the message is for the cashier.
export class Said extends Error {}
