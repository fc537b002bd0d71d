"""The lint rules for cards (card-style.md section 3) that can be judged on an answer: L1 to L25."""
