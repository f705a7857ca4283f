using Switchyard.Refinement.Samples;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Edits;

/// <summary>
/// Tries edits on a schema, one after the other. Each is written into the text, which is read back and checked. An edit that fails the
/// check is dropped alone and changes nothing.
/// </summary>
/// <param name="language">The schema's language.</param>
/// <param name="model">The schema as it was sent.</param>
/// <param name="evidence">The evidence of the samples.</param>
/// <param name="counterExamples">Values that must not become valid.</param>
internal sealed class EditBench(
    ISchemaLanguage language,
    SchemaModel model,
    SampleEvidence evidence,
    IReadOnlyList<System.Text.Json.JsonElement> counterExamples)
{
    private readonly EditRules _rules = new(model.Format, evidence);

    /// <summary>The schema with the edits applied so far.</summary>
    public SchemaModel Model { get; private set; } = model;

    /// <summary>The applied edits, in order.</summary>
    public List<AppliedEdit> Applied { get; } = [];

    /// <summary>Tries an edit.</summary>
    /// <returns>Why it was not applied; null if it was.</returns>
    public string? Try(ProposedEdit edit)
    {
        if (Model.Find(edit.Field) is not { } place)
            return "the schema has no such field";
        var (node, _, field) = place;
        // Presence and null belong to the field itself, all other rules to the target of a reference.
        var isPresence = edit.Change.Kind <= ChangeKind.Nullable;
        if (!isPresence)
            node = SchemaModel.Resolve(node)!;
        if (_rules.Prepare(node, field, edit.Change, out var problem) is not { } change)
            return problem;
        var written = edit with { Change = change };
        if (language.Write(Model, node, field, change) is not { } text)
            return "this place is written in a form that cannot hold it";
        if (ReadBack(text) is not { } after)
            return "the schema could not be read with it";
        var (again, fieldAgain) = (after.Nodes[node.Index], field is null ? null : after.Find(edit.Field)?.Field);
        if (!EditRules.TookEffect(again, fieldAgain, change))
            return "it could not be written so that it takes effect";
        if (_rules.Violation(again, fieldAgain) is { } violation)
            return violation;
        if (EditRules.Loosens(change.Kind) && FindOpened(after) is { } opened)
            return $"counter-example {opened + 1} would become valid";
        Applied.Add(new(written, TextOf(Model, node, field), TextOf(after, again, fieldAgain), _rules.Confidence(node, change)));
        Model = after;
        return null;
    }

    /// <summary>The samples that the original schema accepts and the edited one refuses. Not empty only by a defect of this code.</summary>
    public IReadOnlyList<int> FindLost()
    {
        var check = new SampleCheck(Model, formatsCount: Model.Format != SchemaFormat.JsonSchema);
        return [.. evidence.Valid.Where(number => check.Check(evidence.Samples[number]).Count > 0)];
    }

    private SchemaModel? ReadBack(string text)
    {
        try
        {
            // No edit adds or removes a place: if the number differs, the edit was written wrongly.
            return language.Read(text, Model.TypeName) is { } after && after.Nodes.Count == Model.Nodes.Count ? after : null;
        }
        catch (SchemaTextException)
        {
            return null;
        }
    }

    private int? FindOpened(SchemaModel after)
    {
        var (before, now) = (new SampleCheck(Model), new SampleCheck(after));
        for (var i = 0; i < counterExamples.Count; i++)
        {
            if (before.Check(counterExamples[i]).Count > 0 && now.Check(counterExamples[i]).Count == 0)
                return i;
        }

        return null;
    }

    /// <summary>
    /// The text that an improvement shows: the value after the field's name in the schema; for a C# member the whole
    /// declaration.
    /// </summary>
    private static string TextOf(SchemaModel model, SchemaNode node, SchemaField? field) =>
        model.Format == SchemaFormat.CSharp && field is not null ? model.Text[field.Start..field.End]
        : model.Format == SchemaFormat.JsonSchema ? Bytes(model.Text, node)
        : model.Text[node.Start..node.End];

    private static string Bytes(string text, SchemaNode node)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        return System.Text.Encoding.UTF8.GetString(bytes, node.Start, node.End - node.Start);
    }
}
