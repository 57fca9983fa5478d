// Validates PDFs with veraPDF: java -cp … Validate.java 3a,ua1 FILE…; prints what fails, ends with 1 if anything does.
import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;

public class Validate {
  public static void main(String[] arguments) throws Exception {
    VeraGreenfieldFoundryProvider.initialise();
    boolean good = true;
    for (int at = 1; at < arguments.length; at++) {
      for (String name : arguments[0].split(",")) {
        var flavour = PDFAFlavour.byFlavourId(name);
        try (var file = new FileInputStream(arguments[at]);
            var parser = Foundries.defaultInstance().createParser(file, flavour);
            var validator = Foundries.defaultInstance().createValidator(flavour, false)) {
          var result = validator.validate(parser);
          good &= result.isCompliant();
          System.out.println(arguments[at] + " " + name + " " + result.getTotalAssertions() + " checks");
          result.getFailedChecks().keySet().forEach(
              rule -> System.out.println("  fails " + rule.getClause() + " test " + rule.getTestNumber()));
        }
      }
    }
    System.exit(good ? 0 : 1);
  }
}
