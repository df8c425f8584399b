"""What an agent is worth: against exact values where there are some, else by trying goals out."""
