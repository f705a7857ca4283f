using Switchyard.Configuration;
using Switchyard.Configuration.Loading;

namespace Switchyard.Server.Importing;

/// <summary>Imports the configuration of one other product.</summary>
internal interface IImporter
{
    /// <summary>Its name on the command line.</summary>
    string Name { get; }

    /// <summary>Its display name.</summary>
    string Product { get; }

    SourceFormat Format { get; }

    /// <summary>Whether keys may also be written in camel case.</summary>
    bool FoldsCase { get; }

    /// <summary>Matches a reference to an environment variable; the group <c>name</c> is its name.</summary>
    System.Text.RegularExpressions.Regex Reference { get; }

    /// <summary>Root settings of which each of its configurations has at least one.</summary>
    IReadOnlyList<string> Marks { get; }

    MappingTable Table { get; }

    /// <summary>Converts the settings that it knows.</summary>
    void Map(ImportJob job);
}

/// <summary>The result of an import.</summary>
/// <param name="Yaml">The configuration, which loads once its variables are set.</param>
/// <param name="Findings">The outcome of each setting, in the order of the file.</param>
/// <param name="Variables">The environment variables it needs.</param>
internal sealed record ImportResult(string Yaml, IReadOnlyList<Finding> Findings, IReadOnlyList<ImportedVariable> Variables)
{
    public int Count(Outcome outcome) => Findings.Count(finding => finding.Outcome == outcome);
}

/// <summary>Runs an importer: reads, maps, refuses the rest, writes, and removes parts that would not load.</summary>
/// <param name="importers">All importers, to recognise the file of another product.</param>
/// <param name="complete">Adds the names that a configuration is checked against to a request.</param>
internal sealed class ImportRun(IReadOnlyList<IImporter> importers, Func<ConfigurationRequest, ConfigurationRequest> complete)
{
    /// <summary>The maximum number of validation rounds: a mistake can hide others.</summary>
    private const int MostRounds = 50;

    /// <exception cref="ImportException">The text cannot be imported.</exception>
    public ImportResult Run(IImporter importer, string text, string file, string name)
    {
        var root = SourceReader.Read(text, file, importer.Format, importer.FoldsCase);
        Recognise(importer, root, file);
        var job = new ImportJob(root, importer.Table, new Variables(importer.Reference, root), name);
        importer.Map(job);
        job.Apply();
        job.Aliases.Write();
        job.Sweep();
        var yaml = Usable(job, importer);
        return new(yaml, [.. root.Leaves.Select(leaf => leaf.Finding!)], [.. job.Variables.Used.Where(used => IsIn(yaml, used.Name))]);
    }

    private void Recognise(IImporter importer, SourceNode root, string file)
    {
        if (importer.Marks.Any(mark => root.Children.Any(child => child.Name == mark)))
            return;
        var other = importers.FirstOrDefault(each => each != importer && each.Marks.Any(mark => root.Children.Any(child =>
            child.Name == mark)));
        throw new ImportException(
            $"{file}: this is not a configuration of {importer.Product}: it has none of {string.Join(", ", importer.Marks)}."
            + (other is null ? "" : $" It looks like one of {other.Product}: switchyard import {other.Name}."));
    }

    /// <summary>
    /// The YAML without the parts that the validators of <c>switchyard check</c> refuse; the report refuses the settings of those, with the
    /// validator's message.
    /// </summary>
    private string Usable(ImportJob job, IImporter importer)
    {
        for (var round = 0; round < MostRounds; round++)
        {
            var yaml = DraftWriter.Write(job.Draft, Head(importer), out var lines);
            var problems = Check(yaml, job.Variables.Samples).Where(problem => problem.Severity == ProblemSeverity.Error).ToList();
            if (problems.Count == 0)
                return yaml;
            foreach (var problem in problems)
            {
                if (problem.Line is not { } line || !lines.TryGetValue(line, out var part))
                    throw new ImportException($"The result would not load: {problem.Message}.");
                foreach (var source in part.Remove())
                    source.Claim(Outcome.Refused, null, $"it cannot be used here: {problem.Message}");
            }
        }

        throw new ImportException("The result would not load, whatever is removed from it.");
    }

    private List<ConfigurationProblem> Check(string yaml, IReadOnlyDictionary<string, string> environment)
    {
        var folder = Directory.CreateTempSubdirectory("switchyard-import-");
        try
        {
            var file = Path.Combine(folder.FullName, "switchyard.yaml");
            File.WriteAllText(file, yaml);
            return [.. ConfigurationLoader.Load(complete(new ConfigurationRequest { File = file, Environment = environment })).Problems];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string[] Head(IImporter importer) =>
        [$"Made by `switchyard import {importer.Name}`. Comments mark what is not exact; the report lists what is left out."];

    private static bool IsIn(string yaml, string variable) => yaml.Contains($"${{{variable}}}", StringComparison.Ordinal);
}
