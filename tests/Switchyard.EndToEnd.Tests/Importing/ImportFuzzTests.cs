using System.Text;
using System.Text.Json;
using Switchyard.Server.Importing;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Importing;

/// <summary>Every value of every example, and every map and list, replaced by one of another kind.</summary>
public sealed class ImportFuzzTests
{
    private static readonly string[] s_values =
        ["null", "true", "-1", "1e30", "0", "\"\"", "\"a b\\n${X}\"", "\"\\ud83d\\ude00 #*\\u0001\"", "[]", "{}", "[[1]]",
            "{\"a\":{\"b\":1}}"];

    public static TheoryData<string, string> Examples => ImportExample.Names();

    [Theory]
    [MemberData(nameof(Examples))]
    public void A_value_of_the_wrong_kind_is_never_more_than_a_finding_or_a_clear_failure(string product, string name)
    {
        var example = ImportExample.Find(product, name);
        var root = SourceReader.Read(example.Text, name, example.Importer.Format, example.Importer.FoldsCase);
        var nodes = All(root).Skip(1).ToList();
        for (var index = 0; index < nodes.Count; index++)
        {
            // Each node gets some of them, so that a run stays short; over all examples each kind of setting gets all.
            for (var value = index % 4; value < s_values.Length; value += 4)
            {
                var text = Write(root, nodes[index], s_values[value]);
                try
                {
                    var result = ImportExample.Run(example.Importer, text);
                    Assert.All(result.Findings, Assert.NotNull);
                }
                catch (ImportException failure)
                {
                    Assert.NotEmpty(failure.Message);
                }
                catch (Exception unexpected) when (unexpected is not Xunit.Sdk.XunitException)
                {
                    Assert.Fail($"{nodes[index].Path} as {s_values[value]}: {unexpected}");
                }
            }
        }
    }

    private static IEnumerable<SourceNode> All(SourceNode node) => node.Children.SelectMany(All).Prepend(node);

    /// <summary>The source as JSON, which is YAML too, with one node replaced.</summary>
    private static string Write(SourceNode node, SourceNode replaced, string value)
    {
        var text = new StringBuilder();
        Append(node);
        return text.ToString();

        void Append(SourceNode each)
        {
            if (each == replaced)
                text.Append(value);
            else if (each.Kind == SourceKind.Map)
                Join('{', each.Children, '}', named: true);
            else if (each.Kind == SourceKind.List)
                Join('[', each.Children, ']', named: false);
            else if (each.Kind == SourceKind.Nothing)
                text.Append("null");
            else if (each.Kind == SourceKind.Flag)
                text.Append(each.Text.ToUpperInvariant() is "TRUE" or "YES" or "ON" ? "true" : "false");
            else if (each.Kind == SourceKind.Number && decimal.TryParse(each.Text, out _))
                text.Append(each.Text);
            else
                text.Append(JsonSerializer.Serialize(each.Text));
        }

        void Join(char open, IReadOnlyList<SourceNode> children, char close, bool named)
        {
            text.Append(open);
            for (var index = 0; index < children.Count; index++)
            {
                text.Append(index == 0 ? "" : ", ");
                if (named)
                    text.Append(JsonSerializer.Serialize(children[index].Name)).Append(": ");
                Append(children[index]);
            }

            text.Append(close);
        }
    }
}
