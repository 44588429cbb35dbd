\set c random(1,:cards)
SELECT balance FROM card WHERE id=:c;
