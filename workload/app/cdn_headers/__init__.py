"""The application that the default stack runs behind CloudFront and a load balancer."""
