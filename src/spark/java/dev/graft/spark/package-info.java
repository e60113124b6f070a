/** Many pictures on many machines, by Apache Spark; built with the profile {@code spark} alone. */
package dev.graft.spark;
