"""What is released: plain files in a bucket, laid down so that who reads meanwhile finds all that it was told of."""
