using System.Text.Json.Nodes;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Schema;
using Xunit;

namespace Switchyard.Tests.Configuration;

public sealed class SchemaTests
{
    [Fact]
    public void The_committed_schema_is_the_one_the_options_give()
    {
        var committed = File.ReadAllText(InRepository("docs", "switchyard.schema.json"));

        Assert.True(
            committed == ConfigurationSchema.Generate(),
            "docs/switchyard.schema.json is out of date; renew it with: ./run schema > docs/switchyard.schema.json");
    }

    [Fact]
    public void Every_key_is_in_the_schema_with_a_description()
    {
        var schema = JsonNode.Parse(ConfigurationSchema.Generate())!;

        foreach (var (path, _) in EveryKey(OptionShape.Root, ""))
        {
            var node = path.Split('.').Aggregate(schema, Step);
            Assert.False(string.IsNullOrWhiteSpace((string?)node["description"]), $"{path} has no description");
        }

        static JsonNode Step(JsonNode node, string part)
        {
            if (part[0] == '<')
                return node["additionalProperties"]!;
            var properties = node["properties"]
                ?? node["anyOf"]!.AsArray().Single(choice => choice!["properties"] is not null)!["properties"]!;
            return part.EndsWith("[]", StringComparison.Ordinal) ? properties[part[..^2]]!["items"]! : properties[part]!;
        }
    }

    [Fact]
    public void Every_key_and_its_default_are_described_in_the_documentation()
    {
        var rows = File.ReadAllLines(InRepository("docs", "configuration.md"));

        foreach (var (path, property) in EveryKey(OptionShape.Root, ""))
        {
            var row = Assert.Single(rows, line => line.StartsWith($"| `{path}` |", StringComparison.Ordinal));
            var columns = row.Split('|', StringSplitOptions.TrimEntries);
            var standard = ConfigurationSchema.DefaultOf(property)?.ToString();
            if (path.EndsWith("[].model", StringComparison.Ordinal))
                continue;
            if (standard is not null)
                Assert.Equal($"`{standard}`", columns[3]);
            Assert.False(string.IsNullOrEmpty(columns[4]), $"{path} is not explained");
            Assert.Contains($"{property.Name}:", columns[5], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_documentation_describes_no_key_that_does_not_exist()
    {
        var known = EveryKey(OptionShape.Root, "").Select(key => key.Path).ToHashSet();
        var described = File.ReadAllLines(InRepository("docs", "configuration.md"))
            .SkipWhile(line => line != "## Every key")
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1]);

        Assert.All(described, path => Assert.Contains(path, known));
    }

    [Fact]
    public void Every_example_of_the_documentation_loads()
    {
        var lines = File.ReadAllLines(InRepository("docs", "configuration.md"));
        var start = Array.IndexOf(lines, "```yaml");
        using var given = Given.Yaml(string.Join('\n', lines[(start + 1)..Array.IndexOf(lines, "```", start)]))
            .With("OPENAI_API_KEY", "k");
        Assert.Equal(3, given.Options().Providers.Count);

        foreach (var (path, _) in EveryKey(OptionShape.Root, "").Where(key => !key.Path.Contains("[]", StringComparison.Ordinal)))
        {
            var row = lines.Single(line => line.StartsWith($"| `{path}` |", StringComparison.Ordinal));
            var example = row.Split('|', StringSplitOptions.TrimEntries)[5].Trim('`');
            given.Write(Wrap(path, example));
            given.With("WORK_OPENAI_KEY", "k").With("GATEWAY_KEY", "k");
            // The example of tls.insecure gives a warning.
            Assert.DoesNotContain(given.Problems(), problem => !problem.Contains("warning:", StringComparison.Ordinal));
        }

        static string Wrap(string path, string example) => path.Split('.') switch
        {
            [_] => example,
            ["providers", ..] => $"providers: {{ openai: {{ {example} }} }}",
            ["models", _, "experiment", "variants"] => Alias($"experiment: {{ {example} }}"),
            ["models", _, "experiment", _] => Alias(
                $"experiment: {{ {example}, variants: [ {{ target: mock/a, share: 50% }}, {{ target: mock/b, share: 50% }} ] }}"),
            ["models", _, "shadow", "target"] => Alias($"shadow: {{ {example} }}"),
            ["models", _, "shadow", _] => Alias($"shadow: {{ target: mock/b, {example} }}"),
            [var section and ("cache" or "idempotency"), "shared"] =>
                $"storage: {{ redis: \"redis://127.0.0.1:6379\" }}\n{section}: {{ {example} }}",
            ["models", _, "record"] => $"recording: {{ folder: cassettes }}\n{Alias(example)}",
            ["recording", not "folder"] => $"recording: {{ folder: cassettes, {example} }}",
            ["models", .., "targets"] => $"models: {{ a: {{ {example} }} }}",
            ["models", ..] => Alias(example),
            ["prices", "<pattern>", _] => $"prices: {{ \"mock/*\": {{ {example} }} }}",
            ["prices", "<pattern>", "tools", _] => $"prices: {{ \"mock/*\": {{ {example} }} }}",
            ["prices", "<pattern>", "service_tiers", "<name>", _] =>
                $"prices: {{ \"mock/*\": {{ input: 1, output: 2, service_tiers: {{ priority: {{ {example} }} }} }} }}",
            ["guards", "<name>", "words"] => $"guards: {{ a: {{ type: block, {example} }} }}",
            ["guards", "<name>", "url"] => $"guards: {{ a: {{ type: check, {example} }} }}",
            ["guards", "<name>", "type"] => $"guards: {{ a: {{ {example} }} }}",
            ["guards", "<name>", "keys"] => $"keys: {{ ci: {{ key: k }} }}\nguards: {{ a: {{ type: mask, {example} }} }}",
            ["guards", "<name>", "tenants"] => $"tenants: {{ acme: {{}} }}\nguards: {{ a: {{ type: mask, {example} }} }}",
            ["guards", "<name>", _] => $"guards: {{ a: {{ type: mask, {example} }} }}",
            ["plugins", "use", "<name>", _] => $"plugins: {{ use: {{ greeting: {{ {example} }} }} }}",
            ["budgets", "<name>", _] => $"budgets: {{ total: {{ {example} }} }}",
            ["limits", "<name>", _] => $"limits: {{ openai: {{ {example} }} }}",
            ["keys", _, "limits", _] => $"keys: {{ ci: {{ key: k, limits: {{ {example} }} }} }}",
            ["tenants", _, "limits", _] => $"tenants: {{ acme: {{ limits: {{ {example} }} }} }}",
            ["keys", _, "budget", _] => $"keys: {{ ci: {{ key: k, budget: {{ {example} }} }} }}",
            ["tenants", _, "budget", _] => $"tenants: {{ acme: {{ budget: {{ {example} }} }} }}",
            [var section, ..] => $"{section}: {{ {example} }}",
            _ => throw new InvalidOperationException(path),
        };

        static string Alias(string settings) => $"models: {{ a: {{ targets: [ mock/a ], {settings} }} }}";
    }

    private static IEnumerable<(string Path, OptionProperty Property)> EveryKey(OptionShape shape, string above)
    {
        foreach (var property in shape.Properties)
        {
            var path = above + property.Name;
            yield return (path, property);
            var (inner, below) = property.Shape.Kind switch
            {
                OptionKind.Map => (property.Shape.Element!, path == "models" ? $"{path}.<alias>." : $"{path}.<name>."),
                OptionKind.List => (property.Shape.Element!, $"{path}[]."),
                _ => (property.Shape, $"{path}."),
            };
            foreach (var key in EveryKey(inner, below))
                yield return key;
        }

        if (shape.Others is { } others)
        {
            foreach (var key in EveryKey(others.Shape.Element!, $"{above}{others.Name}."))
                yield return key;
        }
    }

    private static string InRepository(params string[] parts)
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Switchyard.slnx")))
            directory = directory.Parent;
        Assert.NotNull(directory);
        return Path.Combine([directory.FullName, .. parts]);
    }
}
