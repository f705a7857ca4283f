namespace Switchyard.Configuration.Binding;

/// <summary>Collects problems and gives each its file, line and column.</summary>
internal sealed class ProblemList(SettingNode root, IEnumerable<ConfigurationProblem> earlier)
{
    private readonly List<ConfigurationProblem> _problems = [.. earlier];
    private readonly List<string> _reported = [];

    /// <summary>A problem with a key itself.</summary>
    public void AtKey(SettingNode node, string message)
    {
        _reported.Add(node.Path);
        Add(node.Path, message, node.Origin, node.Origin?.Line, node.Origin?.Column, ProblemSeverity.Error);
    }

    /// <summary>A problem with the value at a key. A value that is already known to be broken is not reported twice.</summary>
    public void AtValue(SettingNode node, string message)
    {
        _reported.Add(node.Path);
        if (node.Origin is not { IsBroken: true })
            AddAtValue(node, node.Path, message, ProblemSeverity.Error);
    }

    /// <summary>A validator's finding. It is left out if its key, or one above or below it, has been reported already.</summary>
    public void Add(ValidationFinding finding)
    {
        var node = root.FindNearest(finding.Path);
        var follows = _reported.Exists(path => SettingNode.IsAtOrAbove(path, finding.Path) || SettingNode.IsAtOrAbove(finding.Path, path));
        if (!follows && node.Origin is not { IsBroken: true })
        {
            var value = ConfigurationKeys.Shorten(node.Origin?.Unexpanded ?? finding.Value ?? "");
            var message = finding.Message.Replace(ValidationFinding.ValuePlaceholder, value, StringComparison.Ordinal);
            AddAtValue(node, finding.Path, message, finding.Severity);
        }
    }

    /// <summary>All problems: the file's by line and column, then the others as they were found.</summary>
    public IReadOnlyList<ConfigurationProblem> ToSorted() =>
        [.. _problems.OrderBy(problem => problem.File is null).ThenBy(problem => problem.Line ?? 0).ThenBy(problem => problem.Column ?? 0)];

    private void AddAtValue(SettingNode node, string path, string message, ProblemSeverity severity)
    {
        // For a map, or a missing key, point at the nearest key: there is no value to point at.
        var exact = node.Path.Length == path.Length && node.Origin?.Form == SettingForm.Text;
        var line = exact ? node.Origin?.ValueLine : node.Origin?.Line;
        var column = exact ? node.Origin?.ValueColumn : node.Origin?.Column;
        Add(path, message, node.Origin, line, column, severity);
    }

    private void Add(string path, string message, SettingOrigin? origin, int? line, int? column, ProblemSeverity severity) =>
        _problems.Add(new ConfigurationProblem(ConfigurationKeys.Display(path), message)
        {
            File = origin?.File,
            Line = line,
            Column = column,
            Severity = severity,
            Origin = origin?.Described,
        });
}
