using Switchyard.Refinement.Asking;
using Switchyard.Refinement.Edits;
using Switchyard.Refinement.Requests;
using Switchyard.Refinement.Samples;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement;

/// <summary>Collects the report of a refinement: for each edit whether it was applied, and the result.</summary>
internal sealed class RefinementReport
{
    private const int MaxSuggestions = 300;

    /// <summary>The confidence of an unchanged schema, as in the reference system.</summary>
    private const double Unchanged = 0.9;

    private readonly SchemaRefinementRequest _request;
    private readonly SchemaModel _model;

    public RefinementReport(SchemaRefinementRequest request, SchemaModel model, SampleEvidence evidence)
    {
        (_request, _model) = (request, model);
        var samples = request.Samples.Count;
        Opening = $"Read a {SchemaFormats.NameOf(model.Format)} schema with {model.Fields.Count} fields; "
            + $"{evidence.Valid.Count} of {samples} samples are valid.\n";
        if (samples == 0)
            Suggestions.Add("There are no samples, so no edit can be checked: send some.");
        Suggestions.AddRange(model.Notes);
        foreach (var invalid in evidence.Invalid.Take(5))
        {
            var problems = string.Join(", ", invalid.Violations.Select(each => each.Message));
            Suggestions.Add($"Sample {invalid.Number + 1} is not valid against the current schema: {problems}.");
        }

        if (evidence.Invalid.Count > 5)
            Suggestions.Add($"{evidence.Invalid.Count - 5} more samples are not valid against the current schema.");
        foreach (var name in request.Schema.Fields.Where(name => model.Find(name) is null))
            Suggestions.Add($"The schema has no field '{ProposalReader.Clean(name, 80)}'.");
    }

    /// <summary>The first text of the report.</summary>
    public string Opening { get; }

    public List<string> Suggestions { get; } = [];

    /// <summary>Tries an edit.</summary>
    /// <returns>A line on its outcome; null if the schema has the edit already.</returns>
    public string? Try(EditBench bench, ProposedEdit edit)
    {
        var what = $"'{ProposalReader.Clean(edit.Field, 80)}': {ChangeNames.Of(edit.Change.Kind)}{ValueOf(edit.Change)}";
        var problem = IsMeant(edit.Field) ? bench.Try(edit) : "it is not among the fields in schema.fields";
        if (problem is null)
            return $"Applied to {what}\n";
        if (problem == EditRules.Already)
            return null;
        Suggestions.Add($"Not applied to {what}: {problem}." + (edit.Reason.Length > 0 ? $" It was proposed because: {edit.Reason}" : ""));
        return $"Not applied to {what}: {problem}\n";
    }

    public SchemaRefinementResult Finish(EditBench bench, ModelAnswer answer, decimal? remaining, TimeSpan elapsed)
    {
        var (code, applied) = (bench.Model.Text, bench.Applied);
        if (bench.FindLost() is [var lost, ..])
        {
            // Each edit was checked at its place; this checks the whole schema once more, as a safeguard.
            Suggestions.Add($"The edits together refuse sample {lost + 1}, so none was kept. Please report this.");
            (code, applied) = (_request.Schema.Code, []);
        }

        AddCounterExamples(applied.Count == 0 ? _model : bench.Model);
        if (Suggestions.Count > MaxSuggestions)
        {
            Suggestions.RemoveRange(MaxSuggestions, Suggestions.Count - MaxSuggestions);
            Suggestions.Add("The report is too long; the rest is left out.");
        }

        List<SchemaImprovement> improvements =
        [
            .. applied.Select(each => new SchemaImprovement
            {
                Field = each.Edit.Field,
                Before = each.Before,
                After = each.After,
                Reason = each.Edit.Reason,
                Confidence = each.Confidence,
            }),
        ];
        var confidence = improvements.Count == 0 ? Unchanged : Math.Round(improvements.Average(each => each.Confidence), 3);
        return new()
        {
            RefinedSchema = new RefinedSchema { Code = code, Improvements = improvements, Confidence = confidence },
            Suggestions = Suggestions,
            CreditsUsed = answer.Cost ?? 0,
            CreditsRemaining = remaining,
            ProcessingTime = Math.Round(elapsed.TotalMilliseconds, 3),
            AIProvider = answer.Provider,
        };
    }

    private void AddCounterExamples(SchemaModel refined)
    {
        var check = new SampleCheck(refined);
        for (var i = 0; i < _request.CounterExamples.Count; i++)
        {
            if (check.Check(_request.CounterExamples[i]).Count == 0)
                Suggestions.Add($"Counter-example {i + 1} is still accepted.");
        }
    }

    /// <summary>Whether a field may be changed: all may if the request names none.</summary>
    private bool IsMeant(string field) => _request.Schema.Fields.Count == 0 || _request.Schema.Fields.Any(name =>
        field == name || field.StartsWith(name + ".", StringComparison.Ordinal) || field.StartsWith(name + "[", StringComparison.Ordinal));

    private static string ValueOf(SchemaChange change) => change.Kind switch
    {
        ChangeKind.Pattern or ChangeKind.Format => $" {ProposalReader.Clean(change.Text, 80)}",
        ChangeKind.Enum => $" of {change.Values.Count}",
        >= ChangeKind.Minimum and <= ChangeKind.MaxItems =>
            $" {change.Number.ToString(System.Globalization.CultureInfo.InvariantCulture)}",
        _ => "",
    };
}
