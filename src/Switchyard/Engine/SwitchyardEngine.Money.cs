using Switchyard.Money;

namespace Switchyard.Engine;

/// <summary>What the engine's calls cost.</summary>
public sealed partial class SwitchyardEngine
{
    /// <summary>What budgets have spent, and the calls whose end is not known.</summary>
    public Budgets Budgets => new(_money, _time);

    /// <summary>Where calls reserve and settle.</summary>
    internal MoneyDesk Money => _money;
}
