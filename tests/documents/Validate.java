// Validates PDFs with veraPDF: java -cp … Validate.java 3a,ua1 FILE…; prints what fails in which file and profile.
import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;

public class Validate {
  public static void main(String[] arguments) throws Exception {
    VeraGreenfieldFoundryProvider.initialise();
    for (int at = 1; at < arguments.length; at++) {
      for (String name : arguments[0].split(",")) {
        var flavour = PDFAFlavour.byFlavourId(name);
        try (var file = new FileInputStream(arguments[at]);
            var parser = Foundries.defaultInstance().createParser(file, flavour);
            var validator = Foundries.defaultInstance().createValidator(flavour, false)) {
          var result = validator.validate(parser);
          var failed = new StringBuilder();
          result.getFailedChecks().keySet().forEach(
              rule -> failed.append(" " + rule.getClause() + "-" + rule.getTestNumber()));
          System.out.println(arguments[at] + " " + name + failed);
        }
      }
    }
  }
}
