package dev.graft;

/**
 * A class and its probability for an image.
 *
 * @param index among the classifier's classes, from 0
 * @param id the WordNet id of a class of ImageNet, such as {@code n04285008}; else the name
 * @param name the class name
 * @param probability 0 to 1; those of all classes add up to 1
 */
public record ClassProbability(int index, String id, String name, double probability) {}
