variable "groups" {
  description = "Node groups. The seed's three, with four instance types per spot group: it met `t3a.medium` missing in a zone."
  type = map(object({
    spot           = bool
    instance_types = list(string)
    min            = number
    desired        = number
    max            = number
    disk_gib       = optional(number, 40)
  }))
}
