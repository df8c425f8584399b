// Colour lists as hex strings, evenly spaced. Python reads this file too (assets.colours): keep each list valid JSON.

// value and steps: dark blue to yellow, even in lightness, readable with every kind of colour vision
export const CIVIDIS = [
  "#00224e", "#002e6a", "#1a386f", "#32436d", "#434e6c", "#535a6d", "#61656f", "#6f7073", "#7d7c78",
  "#8c8878", "#9b9476", "#aba072", "#bcae6c", "#cdbb63", "#dec958", "#f0d846", "#fee838"
];

// signed error: blue is too low, orange is too high, the middle is nearly white
export const DIVERGING = [
  "#08407e", "#1f62a8", "#4b8ac6", "#86b3dc", "#bfd7ec", "#f4f4f2", "#f6d9b8", "#efb27a", "#df8a3f", "#bd6414", "#853f04"
];

// groups: black, orange, sky blue, bluish green, yellow, blue, vermillion, reddish purple
export const OKABE_ITO = [
  "#000000", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"
];

// Craftax's blocks: name, ground, and the colour of the sign on it (or none), three strings each
export const BLOCKS = [
  "GRASS", "#a3cf7a", "", "WATER", "#4f95d6", "#a9d0f2", "STONE", "#9aa0a6", "", "TREE", "#a3cf7a", "#2f7a3b",
  "WOOD", "#b98b57", "#8a6136", "PATH", "#ded3bd", "", "COAL", "#9aa0a6", "#1d2126", "IRON", "#9aa0a6", "#f0b27a",
  "DIAMOND", "#9aa0a6", "#e3fbff", "CRAFTING_TABLE", "#b98b57", "#5c3d1e", "FURNACE", "#6b7076", "#ff8a1f",
  "SAND", "#f0dfaa", "", "LAVA", "#e4572e", "#ffc14d", "PLANT", "#a3cf7a", "#3c8c40", "RIPE_PLANT", "#a3cf7a", "#d0342c",
  "OUT_OF_BOUNDS", "#2b3036", "", "DARKNESS", "#14171b", "", "WALL", "#7b746c", "#5a544d", "WALL_MOSS", "#6d7f5a", "#4d5c3d",
  "STALAGMITE", "#ded3bd", "#6f675c", "SAPPHIRE", "#9aa0a6", "#1f4fd8", "RUBY", "#9aa0a6", "#c81e4a",
  "CHEST", "#ded3bd", "#8a5a24", "FOUNTAIN", "#c3c9cf", "#4f95d6", "FIRE_GRASS", "#c97a4a", "", "ICE_GRASS", "#d5eaf3", "",
  "GRAVEL", "#b5aea4", "#8b847a", "FIRE_TREE", "#c97a4a", "#7a1f12", "ICE_SHRUB", "#d5eaf3", "#4a94b8",
  "ENCHANTMENT_TABLE_FIRE", "#5b3f78", "#ff7a3d", "ENCHANTMENT_TABLE_ICE", "#5b3f78", "#8fdcff",
  "NECROMANCER", "#3a2f4d", "#e8e4f2", "NECROMANCER_VULNERABLE", "#b5488e", "#ffffff",
  "GRAVE", "#8c857b", "#d4d0ca", "GRAVE2", "#8c857b", "#d4d0ca", "GRAVE3", "#8c857b", "#d4d0ca"
];
