"""What the clouds take: limits of single inputs, and of what adds up in one document or group."""
