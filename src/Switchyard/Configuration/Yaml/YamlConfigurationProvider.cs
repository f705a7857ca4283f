using YamlDotNet.Core;

namespace Switchyard.Configuration.Yaml;

/// <summary>Reads a YAML file into keys with line and column. Problems of the file are values, never exceptions.</summary>
internal sealed class YamlConfigurationProvider(string file, string directory, IReadOnlyDictionary<string, string> environment)
    : TrackedConfigurationProvider
{
    /// <summary>A hundred times a large configuration; it bounds the expansion of nested aliases.</summary>
    public const int MostSettings = 20_000;

    private int _settings;
    private int _most = MostSettings;

    public override void Load()
    {
        var text = ConfigurationFile.Read(file, directory, Problems);
        if (text is null || HasReservedCharacter(text))
            return;
        try
        {
            if (YamlDocumentReader.Read(VariableReferences.Mask(text), out var written) is not { } root)
                return;
            // What is written out is bounded by the size of the file: 1 MiB holds some 6,000 client keys, which may have aliases.
            _most = Math.Max(MostSettings, 2 * written);
            AddRoot(root);
        }
        catch (YamlException invalid)
        {
            // The reader throws no other exception: a file must never stop a running gateway.
            ReportInvalid(text, invalid.Message, (int)invalid.Start.Line, (int)invalid.Start.Column);
        }
    }

    private void ReportInvalid(string text, string cause, int line, int column)
    {
        // For a tab the parser reports another cause, often some lines away.
        var tab = Array.FindIndex(text.Split('\n'), StartsWithTab);
        if (tab >= 0)
            Report("", "the line is indented with a tab; YAML is indented with spaces", tab + 1, column: 1);
        else
            Report("", $"this is not the YAML of a configuration: {ConfigurationKeys.Shorten(cause.TrimEnd('.'))}", line, column);

        static bool StartsWithTab(string content)
        {
            var rest = content.AsSpan().TrimStart();
            return rest.Length > 0 && content.AsSpan(0, content.Length - rest.Length).Contains('\t');
        }
    }

    private bool HasReservedCharacter(string text)
    {
        var at = text.AsSpan().IndexOfAnyInRange('\uf800', '\uf87f');
        if (at < 0)
            return false;
        var line = text.AsSpan(0, at).Count('\n') + 1;
        Report("", "the private character U+F800 to U+F87F cannot be used in a configuration", line, column: null);
        return true;
    }

    private void AddRoot(YamlItem root)
    {
        switch (root)
        {
            case YamlMap map:
                AddMap("", map, depth: 0);
                break;
            case YamlText { Value: null }:
                break;
            default:
                Report("", "a configuration is a map of settings: 'key: value' on each line", root.Line, root.Column);
                break;
        }
    }

    private void AddMap(string path, YamlMap map, int depth)
    {
        var seen = new Dictionary<string, YamlText>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in map.Entries)
        {
            var name = key.Value ?? "";
            var child = ConfigurationKeys.Combine(path, name);
            if (string.IsNullOrWhiteSpace(name))
                Report(path, "a key is empty", key.Line, key.Column);
            else if (seen.TryGetValue(name, out var first))
                ReportDuplicate(child, first, key);
            else if (seen.TryAdd(name, key))
                Add(child, value, key, depth + 1);
        }
    }

    private void Add(string path, YamlItem value, YamlItem key, int depth)
    {
        if (++_settings > _most || depth > YamlDocumentReader.DeepestNesting)
        {
            var message = $"It expands to more than {_most} settings, or is nested too deep.";
            throw new YamlException(new Mark(0, key.Line, key.Column), Mark.Empty, message);
        }

        var origin = new SettingOrigin(SettingLayer.File)
        {
            File = file,
            Line = key.Line,
            Column = key.Column,
            ValueLine = value.Line,
            ValueColumn = value.Column,
        };
        switch (value)
        {
            case YamlMap map:
                Put(path, value: null, origin with { Form = SettingForm.Map });
                AddMap(path, map, depth);
                break;
            case YamlList list:
                Put(path, value: null, origin with { Form = SettingForm.List });
                for (var index = 0; index < list.Items.Count; index++)
                    Add(ConfigurationKeys.Combine(path, $"{index}"), list.Items[index], list.Items[index], depth + 1);
                break;
            case YamlText { Value: null }:
                Put(path, value: null, origin with { Form = SettingForm.Nothing });
                break;
            case YamlText { Value: { } text }:
                AddText(path, text, origin);
                break;
        }
    }

    private void AddText(string path, string text, SettingOrigin origin)
    {
        var problem = VariableReferences.Expand(text, environment, out var expanded);
        if (problem is not null)
            Report(path, $"{ConfigurationKeys.Display(path)}: {problem}", origin.ValueLine, origin.ValueColumn);
        var changed = !string.Equals(expanded, text, StringComparison.Ordinal);
        Put(path, problem is null ? expanded : null, origin with { Unexpanded = changed ? text : null, IsBroken = problem is not null });
    }

    private void ReportDuplicate(string path, YamlText first, YamlText again)
    {
        var message = $"duplicate key '{ConfigurationKeys.Display(path)}': it is on line {first.Line} and again on line {again.Line}";
        Report(path, message, again.Line, again.Column);
    }

    private void Report(string path, string message, int? line, int? column) =>
        Problems.Add(new ConfigurationProblem(ConfigurationKeys.Display(path), message) { File = file, Line = line, Column = column });
}
