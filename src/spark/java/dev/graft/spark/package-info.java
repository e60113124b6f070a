/**
 * Features and predictions on a cluster with Apache Spark; built with the profile {@code spark}.
 */
package dev.graft.spark;
