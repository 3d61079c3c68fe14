"""A referral: one agency asks that a young person be taken on, and the programme answers."""
