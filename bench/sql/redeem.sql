\set c random(1,:cards)
SELECT redeem(gen_random_uuid(), :c, 5);
