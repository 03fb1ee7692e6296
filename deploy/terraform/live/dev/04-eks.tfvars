# Only from within the network unless ranges are named here.
public_access_cidrs = []

access = {
  platform = { principal_arn = "arn:aws:iam::000000000000:role/platform", policy = "AmazonEKSClusterAdminPolicy" }
}
