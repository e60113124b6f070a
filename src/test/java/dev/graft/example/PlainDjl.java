package dev.graft.example;

import ai.djl.Model;
import ai.djl.basicdataset.BasicDatasets;
import ai.djl.basicdataset.cv.classification.Cifar10;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.repository.Repository;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingResult;
import ai.djl.training.dataset.RandomAccessDataset;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Adam;

/** The notebook's run with nothing but DJL's pieces; Graft's jar brings the weights of VGG16. */
public final class PlainDjl {
  private PlainDjl() {}

  public static void main(String[] args) throws Exception {
    System.out.println(train(BasicDatasets.REPOSITORY, 40).getEvaluations());
  }

  /** Trains a head on a frozen VGG16, with CIFAR-10 from a repository. */
  static TrainingResult train(Repository repository, int epochs) throws Exception {
    // docs:begin
    Criteria<NDList, NDList> criteria =
        Criteria.builder()
            .setTypes(NDList.class, NDList.class)
            .optGroupId("dev.graft")
            .optArtifactId("vgg16")
            .build();
    try (ZooModel<NDList, NDList> vgg16 = criteria.loadModel();
        Model model = Model.newInstance("vgg16-cifar10")) {
      Block base = vgg16.getBlock(); // (N, 3, 32, 32), 0 to 255, to averages (N, 512)
      SequentialBlock network =
          new SequentialBlock()
              .add(new LambdaBlock(images -> new NDList(images.singletonOrThrow().mul(255))))
              .add(base)
              .add(Linear.builder().setUnits(1024).build())
              .add(Activation.reluBlock())
              .add(Linear.builder().setUnits(10).build());
      model.setBlock(network);
      Cifar10 cifar10 = Cifar10.builder().optRepository(repository).setSampling(128, true).build();
      cifar10.prepare();
      RandomAccessDataset[] parts = cifar10.randomSplit(9, 1); // training, validation
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
              .optOptimizer(Adam.builder().build()) // 0.001
              .addEvaluator(new Accuracy())
              .addTrainingListeners(TrainingListener.Defaults.logging());
      try (Trainer trainer = model.newTrainer(config)) {
        base.freezeParameters(true); // after newTrainer, which would thaw a loaded model
        trainer.initialize(new Shape(1, 3, 32, 32));
        EasyTrain.fit(trainer, epochs, parts[0], parts[1]);
        return trainer.getTrainingResult();
      }
    }
    // docs:end
  }
}
