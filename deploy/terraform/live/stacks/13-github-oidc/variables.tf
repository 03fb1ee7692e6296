variable "repositories" {
  description = "The repository in the form its tokens carry."
  type        = list(string)
}
