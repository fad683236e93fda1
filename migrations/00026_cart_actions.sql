-- +goose Up

-- What agents have had done with carts stands beside what they had done with
-- orders: of the two ids an action has one.
ALTER TABLE order_actions ALTER COLUMN order_id DROP NOT NULL;
ALTER TABLE order_actions ADD COLUMN cart_id uuid REFERENCES carts ON DELETE CASCADE;
ALTER TABLE order_actions ADD CONSTRAINT order_actions_of CHECK (num_nonnulls(order_id, cart_id) = 1);
ALTER TABLE order_actions DROP CONSTRAINT order_actions_kind_check;
ALTER TABLE order_actions ADD CONSTRAINT order_actions_kind_check
    CHECK (kind IN ('refund', 'cancel', 'address', 'resend', 'cart_link', 'cart_completed') AND (cart_id IS NOT NULL) = (kind LIKE 'cart\_%'));
CREATE UNIQUE INDEX order_actions_one_cart ON order_actions (cart_id) WHERE state = 'sending';
CREATE INDEX order_actions_cart ON order_actions (cart_id, created_at DESC, id DESC) WHERE cart_id IS NOT NULL;
